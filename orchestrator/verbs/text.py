"""Text: what may be part of an instruction."""

from __future__ import annotations


def first_control(text: str) -> str | None:
    """The first control character (tab and newline are none) or half of a character, which no text has; else None."""
    return next((c for c in text if (ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF), None)
