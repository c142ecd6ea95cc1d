"""What parents gave their children, as a table of ``televibe session show``."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.doors.output import Out, Tone, one_line
from orchestrator.nouns.flow import Assignment, AssignmentState

ASSIGNED = {
    AssignmentState.open: Tone.warn,
    AssignmentState.done: Tone.good,
    AssignmentState.failed: Tone.bad,
    AssignmentState.cancelled: Tone.quiet,
}
"""The colour of an assignment's state."""


def print_assignments(out: Out, assignments: Sequence[Assignment]) -> None:
    """What it gave its children, and what it was given."""
    if not assignments:
        return
    out.line()
    rows: list[list[str | tuple[str, Tone]]] = [
        [
            (a.id, Tone.name),
            (a.state.value, ASSIGNED[a.state]),
            a.parent or "you",
            a.child,
            one_line(a.instruction, 60),
            one_line(a.result, 80),
        ]
        for a in assignments
    ]
    out.table(("assignment", "state", "from", "to", "instruction", "result"), rows)
