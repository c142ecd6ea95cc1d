"""An event as a line for people: when, about what, a mark, and words. Used by the log, the chat, goals and the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, assert_never

from orchestrator.doors.output import Out, Tone, one_line, visible
from orchestrator.nouns.event import Event, EventKind

WHERE_COLUMNS = 10
"""Room for ids such as ``G12 S34``; longer ones push the rest of their line."""


class Mark(Enum):
    """The sign in front of a line: for a terminal that knows it, and for one that does not."""

    none = ("·", " ")
    given = ("◆", "*")
    asks = ("?", "?")
    begins = ("▸", ">")
    works = ("…", ".")
    good = ("✓", "+")
    bad = ("✗", "x")
    warns = ("!", "!")
    hands_over = ("→", ">")
    writes = ("✎", "-")
    says = ("“", '"')


@dataclass(frozen=True)
class Line:
    """One event, ready to be printed. ``more`` are further lines of its text. All text is visible text."""

    at: datetime
    where: str  # ids: goal or task, session
    mark: Mark
    text: str
    more: tuple[str, ...]
    tone: Tone

    def plain(self, *, icons: bool) -> str:
        """Aligned, with the local time, possibly on several lines."""
        lead = f"{self.at.astimezone():%H:%M:%S}  {self.where:<{WHERE_COLUMNS}} {self.mark.value[0 if icons else 1]} "
        indent = " " * len(lead)
        return "\n".join([lead + self.text, *(indent + line for line in self.more)])


def print_line(out: Out, event: Event) -> None:
    """Print the event's line in its tone."""
    line = line_of(event)
    out.line(line.plain(icons=out.icons), line.tone)


def line_of(event: Event) -> Line:
    """How an event is told."""
    mark, tone = _manner(event)
    first, *more = _words(event).splitlines() or [""]
    return Line(event.at, _where(event), mark, one_line(first), tuple(visible(line) for line in more if line.strip()), tone)


def _where(event: Event) -> str:
    return " ".join(i for i in (event.goal_id, event.session_id) if i) or event.project_id


def _words(event: Event) -> str:
    """The event's own text, and what its data add for a reader."""
    match event.kind:
        case EventKind.job_progress if event.data.get("said"):
            return f"{event.session_id} says: {event.text}"
        case EventKind.job_done | EventKind.job_failed | EventKind.job_cancelled:
            return "\n".join([event.text, *_files(event.data)])
        case EventKind.brief_written:
            return "\n".join([event.text, *_sections(event.data)])
        case EventKind.merge_evicted if event.data.get("log"):
            return "\n".join([event.text, *str(event.data["log"]).splitlines()[-LOG_LINES:]])
        case EventKind.goal_checked | EventKind.merge_checked if event.data.get("ok") is False:
            return "\n".join([event.text, *str(event.data.get("tail", "")).splitlines()[-5:]])
        case _:
            return event.text


def _files(data: dict[str, Any], shown: int = 8) -> list[str]:
    files = [str(path) for path in data.get("files_changed", [])]
    return files[:shown] + ([f"and {len(files) - shown} more"] if len(files) > shown else [])


def _sections(data: dict[str, Any]) -> list[str]:
    lines = [f"{s['title']}: {_some(s['sources'])}" for s in data.get("sections", []) if s.get("sources")]
    left_out = data.get("left_out", [])
    return [*lines, f"left out for lack of room: {', '.join(left_out)}"] if left_out else lines


def _manner(event: Event) -> tuple[Mark, Tone]:  # noqa: PLR0912 one row for each kind
    match event.kind:
        case EventKind.project_registered:
            return Mark.good, Tone.quiet
        case EventKind.goal_given | EventKind.instruction_given | EventKind.workflow_started | EventKind.assignment_made:
            return Mark.given, Tone.strong
        case EventKind.goal_planned | EventKind.task_asking | EventKind.merge_waiting:
            return Mark.asks, Tone.ask
        case EventKind.goal_answered:
            return Mark.says, Tone.plain
        case (
            EventKind.goal_approved | EventKind.goal_resumed | EventKind.session_resumed | EventKind.workflow_continued
            | EventKind.task_retry_requested
        ):  # fmt: skip
            return Mark.begins, Tone.good
        case EventKind.goal_denied | EventKind.goal_stopped | EventKind.session_stopped | EventKind.job_cancelled:
            return Mark.bad, Tone.warn
        case EventKind.workflow_paused | EventKind.task_sent_back | EventKind.waiting_broken | EventKind.sync_conflict:
            return Mark.warns, Tone.warn
        case EventKind.resolution_checked:
            return (Mark.good, Tone.plain) if event.data.get("whole") and not event.data.get("wrong") else (Mark.warns, Tone.warn)
        case EventKind.sync_left:
            return (Mark.none, Tone.quiet) if event.data.get("nothing") else (Mark.warns, Tone.warn)
        case EventKind.task_skipped | EventKind.task_skip_requested | EventKind.sync_requested | EventKind.sync_undone:
            return Mark.none, Tone.plain
        case EventKind.main_moved:
            return (Mark.given, Tone.plain) if event.data.get("old") else (Mark.none, Tone.quiet)
        case EventKind.conflict_seen if event.data.get("again"):
            return Mark.none, Tone.quiet
        case EventKind.request_unassigned:
            return Mark.none, Tone.quiet
        case EventKind.goal_stop_requested | EventKind.job_stop_requested:
            return Mark.warns, Tone.warn
        case EventKind.merge_pushed:
            return (Mark.good, Tone.plain) if event.data.get("ok") else (Mark.warns, Tone.warn)
        case EventKind.goal_checked | EventKind.merge_checked:
            failed = event.data.get("ok") is False
            return (Mark.bad, Tone.bad) if failed else (Mark.good, Tone.good) if "ok" in event.data else (Mark.none, Tone.plain)
        case EventKind.merge_landed:  # a goal says so itself
            return (Mark.none, Tone.quiet) if event.goal_id else (Mark.good, Tone.good)
        case EventKind.goal_landed | EventKind.goal_finished | EventKind.task_done | EventKind.job_done | EventKind.task_landed:
            return Mark.good, Tone.good
        case EventKind.goal_blocked | EventKind.task_failed | EventKind.job_failed | EventKind.merge_evicted:
            return Mark.bad, Tone.bad
        case EventKind.task_routed | EventKind.handoff_made | EventKind.team_moved | EventKind.resolution_asked:
            return Mark.hands_over, Tone.name
        case EventKind.session_created | EventKind.session_adopted | EventKind.team_created | EventKind.session_called:
            return Mark.begins, Tone.name
        case (
            EventKind.session_closed | EventKind.team_closed | EventKind.job_queued | EventKind.job_starting | EventKind.model_called
            | EventKind.sync_begun | EventKind.lease_asked | EventKind.lease_granted | EventKind.lease_renewed | EventKind.lease_ended
            | EventKind.merge_queued | EventKind.merge_checking | EventKind.merge_withdrawn | EventKind.swept
            | EventKind.message_delivered | EventKind.message_acknowledged | EventKind.token_issued | EventKind.token_revoked
        ):  # fmt: skip
            return Mark.none, Tone.quiet
        case EventKind.job_running:
            return Mark.begins, Tone.plain
        case EventKind.job_progress:
            return (Mark.says, Tone.plain) if event.data.get("said") else (Mark.works, Tone.quiet)
        case (
            EventKind.brief_written | EventKind.export_found | EventKind.export_declared | EventKind.decision_recorded
            | EventKind.dependency_declared | EventKind.todo_added | EventKind.context_read | EventKind.ownership_set
            | EventKind.strategy_set
        ):  # fmt: skip
            return Mark.writes, Tone.plain
        case (
            EventKind.dependency_met | EventKind.todo_done | EventKind.request_accepted | EventKind.request_completed
            | EventKind.assignment_ended | EventKind.session_synced | EventKind.conflict_closed
            | EventKind.merge_approved
        ):  # fmt: skip
            return Mark.good, Tone.plain
        case EventKind.message_sent | EventKind.request_made | EventKind.request_assigned:
            return Mark.hands_over, Tone.plain
        case (
            EventKind.export_changed | EventKind.message_expired | EventKind.request_declined | EventKind.request_expired
            | EventKind.call_refused | EventKind.work_set_aside | EventKind.team_stuck | EventKind.context_refused
            | EventKind.follow_failed | EventKind.conflict_seen | EventKind.edit_refused | EventKind.edit_found
        ):  # fmt: skip
            return Mark.warns, Tone.warn
        case EventKind.model_fallback:
            return Mark.warns, Tone.quiet
        case never:
            assert_never(never)


def _some(sources: list[str]) -> str:
    """The first few sources; an export without its session and file is what a reader recognises."""
    shown = [source.rsplit(":", 1)[-1] for source in sources[:SOURCES_SHOWN]]
    return ", ".join(shown) + (f" and {len(sources) - SOURCES_SHOWN} more" if len(sources) > SOURCES_SHOWN else "")


LOG_LINES = 12
"""Of a check that failed; `televibe merge status` has all that tell."""

SOURCES_SHOWN = 6
"""How many sources of a brief's section a line names; ``log --json`` has all."""
