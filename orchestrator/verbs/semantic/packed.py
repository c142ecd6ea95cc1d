"""The facts of a file as bytes, and back: so that a text that was read once needs not be read again by the next process."""

from __future__ import annotations

import hashlib
import marshal
import sys
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator.nouns import code
from orchestrator.nouns.code import (
    Call,
    Definition,
    DefinitionKind,
    FileFacts,
    Import,
    Key,
    KeyKind,
    Parameter,
    ParameterKind,
    Trait,
    Use,
    UseKind,
)


@cache
def version() -> str:
    """Of everything that facts depend on beside the text: the readers' own sources, and the Python that runs them."""
    seen = hashlib.sha256(sys.version.encode())
    beside = Path(__file__).parent
    for source in sorted([*beside.glob("*.py"), *(beside.parent / "symbols").glob("*.py"), Path(code.__file__)]):
        seen.update(source.read_bytes())
    return seen.hexdigest()[:20]


def packed(facts: FileFacts) -> bytes:
    """Of plain tuples and strings: ``marshal`` takes nothing else, and gives tuples back, which JSON does not."""
    return marshal.dumps(_plain(facts))


def unpacked(body: bytes) -> FileFacts | None:
    """None when they are no facts. Only for bytes of our own directory: ``marshal`` is no guard against somebody who forges them."""
    try:
        path, language, whole, package, definitions, imports, uses, keys, offered, dynamic = marshal.loads(body)
        return FileFacts(
            path,
            language,
            whole,
            package,
            tuple(map(_definition, definitions)),
            tuple(map(Import._make, imports)),
            tuple(map(_use, uses)),
            tuple(Key(KeyKind(kind), *rest) for kind, *rest in keys),
            offered,
            dynamic,
        )
    except (ValueError, TypeError, EOFError):
        return None


def _plain(one: Any) -> Any:
    match one:
        case str():
            return str(one)
        case tuple():
            return tuple(map(_plain, one))
        case frozenset():
            return tuple(sorted(map(str, one)))
        case _:
            return one


def _definition(one: tuple[Any, ...]) -> Definition:
    made = Definition._make(one)
    parameters = made.parameters and tuple(Parameter(p[0], ParameterKind(p[1]), *p[2:]) for p in made.parameters)
    return made._replace(kind=DefinitionKind(made.kind), parameters=parameters, traits=frozenset(map(Trait, made.traits)))


def _use(one: tuple[Any, ...]) -> Use:
    chain, kind, line, scope, call, *rest = one
    return Use(chain, UseKind(kind), line, scope, call and Call._make(call), *rest)
