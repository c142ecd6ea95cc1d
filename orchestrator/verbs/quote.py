"""Quoting: text that somebody else wrote, put where it can inform an agent and cannot pass for anything but a quotation.

Every quoted line begins with ``| ``, so that nothing inside can begin a line of ours: no heading, no sender, no end of the block.
The block's delimiters carry a nonce that the writer of the text cannot have known, and that is taken out of it if they did.
Characters that a reader would not see as what they are (control, bidirectional, invisible) are written out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

BAR = "| "

LINES_LIMIT = 60
"""Of one quotation. A message of more lines is a document, and belongs into a file on the branch."""

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories without a visible form, or without a known one (unicode.org/reports/tr44, table 12)."""

BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and symbols by category, blank on the screen."""


def visible(text: str) -> str:
    """``text`` with every hidden character written as ``<U+202E>``; line breaks and tabs become blanks."""
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in "\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        return " "
    if unicodedata.category(character) in HIDDEN or character in BLANK_LETTERS or _selects(character):
        return f"<U+{ord(character):04X}>"
    return character


def _selects(character: str) -> bool:
    """A variation selector: invisible, and enough of them carry a message. Emoji keep theirs (U+FE0F)."""
    return "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"


def inline(text: str, limit: int, nonce: str = "") -> str:
    """One line: hidden characters shown, white space collapsed, the nonce taken out, cut to ``limit`` characters."""
    shown = " ".join(visible(text[: limit * 4 + 64]).split())
    if nonce:
        shown = shown.replace(nonce, "…")
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)].rstrip() + "…"


def quoted_lines(text: str, limit: int, nonce: str) -> list[str]:
    """The lines of ``text``, each behind a bar, together at most ``limit`` characters of it; a last line says if it was cut."""
    looked_at = text[: limit * 4 + 64]
    every = looked_at.splitlines()
    lines: list[str] = []
    left = limit
    for line in every[:LINES_LIMIT]:
        if left <= 0:
            break
        shown = visible(line).replace(nonce, "…").rstrip()
        lines.append((BAR + shown[:left]).rstrip())
        left -= len(shown)
    cut = left < 0 or len(lines) < len(every) or len(looked_at) < len(text)
    return [*lines, f"{BAR}[cut here; {len(text)} characters in all]"] if cut else lines


def block(lines: Iterable[str], nonce: str) -> list[str]:
    """Quoted lines between delimiters. Lines that do not begin with the bar get it: nothing gets in without."""
    barred = [line if line.startswith(BAR.rstrip()) else BAR + line for line in lines]
    return [f"<<<quoted {nonce}", *barred, f"{nonce} quoted>>>"]
