"""The project's settings: ``.televibe/config.yaml`` read strictly into a Policy, and written as a whole."""

from __future__ import annotations

import difflib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.policy import Policy
from orchestrator.verbs.strict_yaml import MAX_BYTES, Read, decode, dotted, read_strict, shown

DIRECTORY = ".televibe"
FILE = f"{DIRECTORY}/config.yaml"

KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "a text (in quotes, if it looks like something else)",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [one, two]",
    "list_type": "a list, such as [one, two]",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of settings",
    "model_attributes_type": "a mapping of settings",
}
"""Pydantic's names of type errors, in the words of somebody who writes YAML."""


def load_policy(root: Path) -> Policy:
    """The policy of the repository at ``root``; the defaults when it has no file. ``ConfigError`` names file, line and key."""
    path = root / FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Policy()
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read: {error.strerror}", "make it a readable file") from error
    return parse_policy(decode(content, str(path)), str(path))


def parse_policy(text: str, name: str) -> Policy:
    """The policy that ``text`` states; ``name`` is the file as errors name it."""
    read = read_strict(text, name)
    if read.value is None:
        return Policy()
    if not isinstance(read.value, dict):
        raise ConfigError(f"{name}:1: must be a mapping of settings", "write settings such as: agent: claude")
    try:
        # By way of JSON: there pydantic's strict mode takes a list for a tuple and a text for an enum, and still no "4" for 4.
        return Policy.model_validate_json(json.dumps(read.value), strict=True)
    except ValidationError as error:
        raise _first_fault(error, read, name) from error


def _first_fault(error: ValidationError, read: Read, name: str) -> ConfigError:
    """The fault that is highest up in the file, and how many more there are. What is missing comes last in its line: a
    misspelt key is unknown, and missing under its right name."""
    faults = sorted(error.errors(include_url=False), key=lambda one: (read.line(one["loc"]), one["type"] == "missing"))
    line = read.line(faults[0]["loc"])
    what, remedy = _explained(faults[0])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return ConfigError(f"{name}:{line}: {what}{more}", remedy)


def _explained(fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a key, and the way out."""
    path, kind, context = fault["loc"], fault["type"], fault.get("ctx", {})
    key = dotted(path) or "the file"
    match kind:
        case "extra_forbidden":
            return f"{key}: unknown key", _did_you_mean(path)
        case "missing":
            return f"{key}: is missing", f"add {path[-1]!r}"
        case "enum":
            return f"{key}: must be one of {context['expected']}, not {shown(fault['input'])}", "choose one of them"
        case "greater_than_equal":
            return f"{key}: must be at least {context['ge']}, not {shown(fault['input'])}", "change the number"
        case "greater_than":
            return f"{key}: must be more than {context['gt']}, not {shown(fault['input'])}", "change the number"
        case "less_than_equal":
            return f"{key}: must be at most {context['le']}, not {shown(fault['input'])}", "change the number"
        case "string_too_short":
            return f"{key}: must not be empty", "write a value, or leave the key out"
        case "value_error":
            return f"{key}: {context['error']}", "change the value"
        case _ if kind in KINDS:
            return f"{key}: must be {KINDS[kind]}, not {shown(fault['input'])}", "change the value, or leave the key out"
        case _:
            return f"{key}: {fault['msg']}", "change the value, or leave the key out"


def _did_you_mean(path: tuple[str | int, ...]) -> str:
    known = list(_keys_at(path[:-1]))
    near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"


def _keys_at(path: tuple[str | int, ...]) -> Iterator[str]:
    """The keys that a policy can have at ``path``, found by walking its types."""
    model: type[BaseModel] = Policy
    for step in path:
        annotation = model.model_fields[str(step)].annotation if step in model.model_fields else None
        inner = next(
            (t for t in map(_plain, (annotation, *get_args(annotation))) if isinstance(t, type) and issubclass(t, BaseModel)), None
        )
        model = inner or model  # an index or the key of a dict: the type inside was found one step before
    return iter(model.model_fields)


def _plain(annotation: Any) -> Any:
    """Without what ``Annotated`` adds."""
    return getattr(annotation, "__origin__", annotation)


def write_atomically(path: Path, text: str) -> None:
    """Replace the file as a whole or not at all, also when the power fails; a symbolic link stays one. ``OSError`` rises."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
