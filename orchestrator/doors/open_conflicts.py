"""Open conflicts as lines: where sessions, a session, the inbox and the chat are shown."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.boundaries.store.protocol import Reading
from orchestrator.doors.output import Out, Tone, ago, one_line
from orchestrator.nouns.conflict import Conflict, ConflictState, Severity
from orchestrator.verbs.conflict_words import places

TONES = {Severity.high: Tone.bad, Severity.medium: Tone.warn, Severity.low: Tone.quiet}

SHOWN = 10


async def open_conflicts(view: Reading, project_id: str, session_id: str | None = None) -> list[Conflict]:
    """Of the project, or of one session."""
    return await view.conflicts(project_id, session_id=session_id, states=[ConflictState.open])


def print_conflicts(out: Out, conflicts: Sequence[Conflict], branch: str, *, evidence: bool = False) -> None:
    """What collides, since when, and what is proposed; nothing when nothing does."""
    for conflict in conflicts[:SHOWN]:
        sides = f"{conflict.a} and {conflict.b or branch}"
        head = f"{conflict.id} {sides} collide ({conflict.kind.value}, {conflict.severity.value}), seen {ago(conflict.first_seen)}"
        out.line(f"{head}: {one_line(conflict.summary, 200)}", TONES[conflict.severity])
        for line in places(conflict, conflict.a, branch) if evidence else ():
            out.line(f"    {one_line(line, 160)}", Tone.quiet)
        out.line(f"  {one_line(conflict.proposal, 200)}")
    if len(conflicts) > SHOWN:
        out.line(f"and {len(conflicts) - SHOWN} more; `televibe conflicts` shows all", Tone.quiet)
