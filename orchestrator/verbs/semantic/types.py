"""What annotations and results say about values, as far as names of types tell."""

from __future__ import annotations

import re

from orchestrator.nouns.code import Definition, DefinitionKind, Trait

NUMBERS = frozenset({"int", "float", "complex", "bool", "Decimal"})
SAME = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Sequence": "list",
    "MutableSequence": "list",
    "Collection": "list",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "defaultdict": "dict",
    "DefaultDict": "dict",
    "Iterator": "generator",
    "Generator": "generator",
    "Iterable": "iterable",
    "NoneType": "None",
}
OPAQUE = frozenset({"Any", "object", "T", "Self", "?", "NoReturn", "Never", "TypeVar", "ClassVar", "Callable"})
WIDENINGS = frozenset(
    {
        ("int", "float"),
        ("bool", "int"),
        ("list", "iterable"),
        ("set", "iterable"),
        ("tuple", "iterable"),
        ("list", "tuple"),
        ("dict", "iterable"),
    }
)
"""What may be given where the second is taken: every ``int`` is good for a ``float``."""


def kinds_of(annotation: str) -> frozenset[str]:
    """``int | None`` → ``{"int", "None"}``; ``tuple[int, str]`` → ``{"tuple:2"}``; what cannot be read → ``{"?"}``."""
    text = annotation.strip().strip("\"'").strip()
    if not text:
        return frozenset({"?"})
    parts = _split(text, "|")
    if len(parts) > 1:
        return frozenset().union(*map(kinds_of, parts))
    found = re.fullmatch(r"([\w.]+)\s*(?:\[(.*)\])?", text, re.S)
    if found is None:
        return frozenset({"?"})
    name, inner = found[1].rpartition(".")[2], found[2]
    if name == "Optional" and inner:
        return kinds_of(inner) | {"None"}
    if name == "Union" and inner:
        return frozenset().union(*map(kinds_of, _split(inner, ",")))
    if name in {"Annotated", "Final", "ClassVar", "Required", "Awaitable", "Coroutine"} and inner:
        return kinds_of(_split(inner, ",")[-1 if name == "Coroutine" else 0])
    if name in {"tuple", "Tuple"} and inner:
        elements = _split(inner, ",")
        return frozenset({"tuple" if elements[-1].strip() == "..." else f"tuple:{len(elements)}"})
    return frozenset({"?" if name in OPAQUE else SAME.get(name, name)})


def _split(text: str, mark: str) -> list[str]:
    """At the marks that stand outside of brackets."""
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == mark and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def incompatible(before: str, after: str) -> bool:
    """Whether nothing that was given for the former annotation is good for the latter. False unless both are known."""
    if not before or not after or before == after:
        return False
    old, new = kinds_of(before) - {"None"}, kinds_of(after) - {"None"}
    if "?" in old | new or old & new or not old or not new:
        return False
    return not any(_good_for(o, n) for o in old for n in new)


def _good_for(given: str, taken: str) -> bool:
    if (
        (given, taken) in WIDENINGS
        or {given, taken} <= {"list", "iterable", "generator"}
        or given.partition(":")[0] == taken.partition(":")[0]
    ):
        return True
    known = NUMBERS | {"str", "bytes", "list", "dict", "set", "tuple", "frozenset"}
    return given.partition(":")[0] not in known or taken.partition(":")[0] not in known  # a class may be an alias, or derive


def element_shape(one: Definition) -> frozenset[str]:
    """The same of each element of what it gives."""
    found = re.fullmatch(r"[\w.]+\s*\[(.*)\]", one.returns.strip("\"' "), re.S)
    if found:
        return kinds_of(_split(found[1], ",")[0])
    return frozenset(one.elements) or frozenset({"?"})


def shape(one: Definition) -> frozenset[str]:
    """What its value can be: by its annotation, else by what it is seen to give."""
    if Trait.generator in one.traits:
        return frozenset({"generator"})
    if one.returns:
        return kinds_of(one.returns)
    if one.kind in {DefinitionKind.function, DefinitionKind.method}:
        return frozenset(one.results) or frozenset({"?"})
    match one.value:
        case (name, "()") if name in {"str", "int", "float", "bool", "list", "dict", "tuple", "set", "bytes"}:
            return frozenset({name})
        case (*_, "each"):
            return frozenset({"list"})
        case (*_, "by"):
            return frozenset({"dict"})
        case _:
            return frozenset({"?"})
