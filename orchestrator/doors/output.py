"""Printing: lines, tables and JSON documents, so that nothing an agent or a user wrote can command the terminal.

A stream that is no terminal gets plain text: no colour, no cut lines. ``rich`` is imported only for a terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, TextIO

from orchestrator.verbs.grammar import usd as usd  # noqa: PLC0414 every command that prints costs takes it from here

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


class Tone(StrEnum):
    """What a colour means. The values are rich styles."""

    plain = ""
    quiet = "dim"
    strong = "bold"
    name = "cyan"
    good = "green"
    warn = "yellow"
    bad = "red"
    ask = "bold magenta"


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    r"\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # no width, or other directions (CVE-2021-42574)
    r"\ud800-\udfff]"  # halves of characters: bytes that were no UTF-8
)


def visible(text: str) -> str:
    """``text`` with everything that would act on a terminal, or hide in it, written out as ``\\x1b`` or ``\\u202e``.

    Tabs and newlines stay.
    """
    return _UNSEEN.sub(lambda found: _written_out(found[0]), text)


def one_line(text: str, limit: int = 0) -> str:
    """Visible text on one line; cut to ``limit`` characters, if one is given, with an ellipsis."""
    line = visible(" ".join(text.split()))
    return line[: limit - 1] + "…" if limit and len(line) > limit else line


def _written_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in one unit: ``just now``, ``40 s ago``, ``3 min ago``, ``5 h ago``, ``12 days ago``."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < 5:
        return "just now"
    if seconds < 90:
        return f"{seconds:.0f} s ago"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.0f} h ago"
    return f"{seconds / 86400:.0f} days ago"


def as_json(value: object, *, indent: int | None = 2) -> str:
    """A JSON document. Nouns inside are written as they are stored."""
    return json.dumps(value, indent=indent, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> object:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


@dataclass(frozen=True)
class Out:
    """Where a command prints. Make it with ``Out.to``."""

    stream: TextIO
    terminal: bool
    colour: bool
    icons: bool  # the stream can carry characters outside of ASCII

    @classmethod
    def to(cls, stream: TextIO | None = None) -> Out:
        """Standard output unless a stream is given. ``NO_COLOR`` (no-color.org) and ``TERM=dumb`` take the colours away."""
        stream = sys.stdout if stream is None else stream
        terminal = stream.isatty()
        dumb = os.environ.get("TERM", "") in {"dumb", ""}
        colour = terminal and not dumb and not os.environ.get("NO_COLOR")
        icons = (getattr(stream, "encoding", "") or "").lower().replace("-", "") == "utf8"
        return cls(stream, terminal, colour, icons)

    @cached_property
    def console(self) -> Console:
        """rich on this stream, with markup, emoji and highlighting off: text is printed as it is."""
        from rich.console import Console

        return Console(
            file=self.stream,
            force_terminal=self.terminal,
            no_color=not self.colour,
            color_system="auto" if self.colour else None,
            markup=False,
            emoji=False,
            highlight=False,
            width=None if self.terminal else max(get_terminal_size().columns, 100),
        )

    def line(self, text: str = "", tone: Tone = Tone.plain) -> None:
        """One or more lines of text, made visible."""
        self.write(visible(text) + "\n", tone)

    def write(self, text: str, tone: Tone = Tone.plain) -> None:
        """Text as it is; the caller made it safe."""
        if self.colour and tone is not Tone.plain:
            self.console.print(text, style=tone.value, end="", soft_wrap=True)
        else:
            self.stream.write(text)
        self.stream.flush()

    def document(self, value: object) -> None:
        """One JSON document."""
        self.stream.write(as_json(value) + "\n")
        self.stream.flush()

    def json_line(self, value: object) -> None:
        """One JSON document on one line, for a stream of them."""
        self.stream.write(as_json(value, indent=None) + "\n")
        self.stream.flush()

    def show(self, what: RenderableType) -> None:
        """Something rich knows how to draw. For terminals."""
        self.console.print(what)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str | tuple[str, Tone]]]) -> None:
        """Rows under headings; a cell is text or (text, tone). In a terminal long cells wrap, elsewhere nothing is cut."""
        cells = [[cell if isinstance(cell, tuple) else (cell, Tone.plain) for cell in row] for row in rows]
        clean = [[(one_line(text), tone) for text, tone in row] for row in cells]
        if self.terminal:
            self.show(_drawn(headings, clean))
        else:
            self.stream.write(_aligned(headings, clean))
            self.stream.flush()


def _aligned(headings: Sequence[str], rows: Sequence[Sequence[tuple[str, Tone]]]) -> str:
    lines = [list(headings), *([text for text, _ in row] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    return "".join("  ".join(f"{text:<{w}}" for text, w in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines)


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[tuple[str, Tone]]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == headings[0])
    for row in rows:
        table.add_row(*(Text(text, style=tone.value) for text, tone in row))
    return table
