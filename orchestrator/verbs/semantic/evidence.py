"""The text behind findings: what stands at the lines that they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.nouns.conflict import Finding, Place
from orchestrator.verbs.symbols.found import one_line

TEXT_LIMIT = 200
"""Characters of a line that is shown."""


def lacking(places: Iterable[Place]) -> set[str]:
    """Paths of which the text is needed."""
    return {p.path for p in places if p.line and not p.text}


def with_text(found: Finding, a: Mapping[str, bytes], b: Mapping[str, bytes]) -> Finding:
    """The finding with the lines of each side's files in its places."""
    return found.model_copy(update={"a": _filled(found.a, a), "b": _filled(found.b, b)})


def _filled(places: tuple[Place, ...], texts: Mapping[str, bytes]) -> tuple[Place, ...]:
    return tuple(p if p.text or p.path not in texts else p.model_copy(update={"text": _line(texts[p.path], p.line)}) for p in places)


def _line(text: bytes, number: int) -> str:
    lines = text.decode("utf-8", "replace").splitlines()
    return one_line(lines[number - 1], TEXT_LIMIT) if 0 < number <= len(lines) else ""
