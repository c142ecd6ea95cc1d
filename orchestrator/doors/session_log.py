"""``televibe session log``: what a session's agent was told, said and did, between the events about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.boundaries.transcript import read_transcript
from orchestrator.doors.events import print_line
from orchestrator.doors.opening import Opened, opened, session_of
from orchestrator.doors.output import Out, Tone, one_line
from orchestrator.nouns.event import Event, EventKind

Entry = dict[str, Any] | Event
"""A line of a transcript (``{at, kind, job, …}``), or an event."""


@dataclass
class Reading:
    """How far the session's log was read: the newest event of all, and where in each job's transcript."""

    door: Opened
    session_id: str
    event_id: int = 0
    offsets: dict[str, int] = field(default_factory=dict)

    async def next(self) -> list[Entry]:
        """What is new since the last call, in order of time."""
        async with self.door.store.reading() as view:
            newest = await view.last_event_id()
            events = await view.events(after=self.event_id, session_id=self.session_id)
            jobs = await view.jobs(session_id=self.session_id)
        self.event_id = newest
        entries: list[Entry] = [e for e in events if e.kind is not EventKind.job_progress]  # the transcript has it whole
        for job in jobs:
            path = self.door.home.transcript(self.session_id, job.id)
            lines, self.offsets[job.id] = read_transcript(path, self.offsets.get(job.id, 0))
            entries += [{**line, "job": job.id} for line in lines]
        return sorted(entries, key=_moment)


async def show_session_log(repo: Path, session_id: str, out: Out, *, following: bool, as_json: bool) -> int:
    """The whole log; with ``following``, then what comes until Ctrl-C."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            session = await session_of(view, door.project, session_id)
        reading = Reading(door, session.id)
        entries = await reading.next()
        if as_json and not following:
            out.document(entries)
            return 0
        _print(out, entries, as_json=as_json)
        while following:
            await door.store.wait_for_news(reading.event_id, 1.0)
            _print(out, await reading.next(), as_json=as_json)
    return 0


def _moment(entry: Entry) -> datetime:
    return entry.at if isinstance(entry, Event) else datetime.fromisoformat(entry["at"])


def _print(out: Out, entries: Sequence[Entry], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            out.json_line(entry)
        elif isinstance(entry, Event):
            print_line(out, entry)
        else:
            _print_transcript(out, entry)


def _print_transcript(out: Out, entry: dict[str, Any]) -> None:
    lead = f"{_moment(entry).astimezone():%H:%M:%S}  {entry['job']:<5} {entry['kind']:<9}"
    first, *more = told(entry).splitlines() or [""]
    out.line(f"{lead} {one_line(first)}", _tone(str(entry["kind"])))
    for line in more:
        out.line(f"{'':<{len(lead)}} {line}", _tone(str(entry["kind"])))


def told(entry: dict[str, Any]) -> str:
    """The words of a transcript line, whatever its kind: a new kind of agent event shows all that it carries."""
    known = ("text", "detail", "question", "summary", "reason")
    words = [str(entry[key]) for key in known if entry.get(key)]
    if "tool" in entry:
        return f"{entry['tool']}: {' '.join(words)}"
    rest = {k: v for k, v in entry.items() if k not in {"at", "kind", "job", *known}}
    return "\n".join(words) or ", ".join(f"{k}={v}" for k, v in rest.items())


def _tone(kind: str) -> Tone:
    return {"brief": Tone.quiet, "did": Tone.quiet, "asked": Tone.ask, "broke": Tone.bad, "finished": Tone.good}.get(kind, Tone.plain)
