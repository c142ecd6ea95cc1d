"""A picture of a run: what a terminal would show of it, kept as an SVG for a page that cannot run anything."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from orchestrator.doors.events import line_of
from orchestrator.doors.output import one_line, visible
from orchestrator.doors.plan_card import PlanCard
from orchestrator.doors.progress import Watch
from orchestrator.nouns.errors import NotReady
from orchestrator.nouns.event import Event, EventKind

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = 120
TOLD = frozenset(
    {
        EventKind.goal_given, EventKind.goal_approved, EventKind.session_created, EventKind.brief_written, EventKind.decision_recorded,
        EventKind.handoff_made, EventKind.job_done, EventKind.goal_checked, EventKind.goal_landed, EventKind.conflict_seen,
        EventKind.conflict_closed,
    }
)  # fmt: skip
"""What a picture has room for: who does what, what is handed on, and what came of it. A terminal shows more."""

_FROM_ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich's drawing loads its font from a server; a picture needs nothing from anywhere."""


class Picture:
    """A ``Watch`` that shows everything to ``watch`` too. ``names`` are what the picture calls places of this machine."""

    def __init__(self, watch: Watch, names: Mapping[str, str]) -> None:
        self._watch = watch
        self._names = dict(sorted(names.items(), key=lambda item: -len(item[0])))
        self._console = _recorder()

    def __enter__(self) -> Self:
        self._watch.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._watch.__exit__(kind, error, trace)

    def show(self, event: Event, /) -> None:
        from rich.text import Text

        self._watch.show(event)
        if event.kind in TOLD:
            line = line_of(event)
            for row in self._named(line.plain(icons=True)).splitlines():
                words = row.lstrip()
                indent = (" " * (len(row) - len(words)), "dim")  # a piece of its own: some readers drop leading spaces of a text
                self._console.print(Text.assemble(indent, (words, line.tone.value)), no_wrap=True, overflow="ellipsis", crop=True)

    def print(self, what: str | PlanCard, /) -> None:
        from rich.text import Text

        self._watch.print(what)
        if isinstance(what, PlanCard):
            facts = tuple((name, self._named(value)) for name, value in what.facts)
            self._console.print(PlanCard(what.title, what.goal, what.rows, what.reasons, facts))
        else:
            self._console.print(Text(self._named(visible(what))))

    async def ask(self, prompt: str, /) -> str:
        return await self._watch.ask(prompt)

    def write(self, path: Path, title: str) -> None:
        """The SVG. ``NotReady`` when the file cannot be written."""
        svg = _FROM_ELSEWHERE.sub("", self._console.export_svg(title=one_line(title), unique_id="televibe"))
        try:
            path.write_text(svg, encoding="utf-8")
        except OSError as error:
            raise NotReady(f"{path} cannot be written: {error.strerror}", "name a file in a directory that is there") from error

    def _named(self, text: str) -> str:
        for place, name in self._names.items():
            text = text.replace(place, name)
        return text


def _recorder() -> Console:
    from rich.console import Console

    return Console(
        file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True, color_system="truecolor", legacy_windows=False,
        markup=False, emoji=False, highlight=False,
    )  # fmt: skip
