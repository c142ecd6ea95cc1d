"""A member's work and its team's branch that git could not merge: who brings them together, and what it and the member are told."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from graphs.resolving import asked_event, two_sides, who_resolves
from graphs.state import Deps
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.session import Session
from orchestrator.verbs.resolution import Asked, Intent, quoted_sides
from orchestrator.verbs.rights import may_change
from orchestrator.verbs.take_over import Missed, Side, bring_team_together, left_to, sides_note

RECENT = 50
"""Of what a session was asked to bring together: the newest, looked through for what it was asked already."""


async def apart(deps: Deps, session: Session, branch: str, head: str, files: tuple[str, ...]) -> str:
    """The end of the member's brief. ``head``: of the team's ``branch``. It resolves the conflict itself, beside what it is to do,
    unless the strategy names another member: then that one is asked, and its job takes the result to the team's branch."""
    role, nonce = deps.roles[session.role], secrets.token_hex(8)
    sides, own = await _sides(deps, session, files), await deps.git.head(session.worktree)
    note = sides_note(role, [Missed(team := Side(session.team or "", branch, files), files)], [team, *sides])
    if not may_change(role):
        return note
    mine = [Intent(side.session_id, side.intent) for side in sides if side.session_id == session.id]
    theirs = [Intent(side.session_id, side.intent) for side in sides if side.session_id != session.id]
    quoted = await two_sides(deps, mine, theirs, head=own, other=head, files=files, nonce=nonce)
    async with deps.store.reading() as store:
        chosen = await who_resolves(store, deps, files, session)
    about = f"{session.team}@{head[:10]}"
    if chosen is None or chosen.id == session.id or chosen.team != session.team:  # only members' work goes to the team's branch
        await _ask(deps, session.id, Asked(about, (head,), files, beside=True), f"{session.id} is asked to bring {branch} into its own")
        return f"{note.rstrip()}{quoted_sides(quoted, nonce)}\n"
    text = f"{chosen.id} is asked to bring {branch} and the work of {session.id} together"
    told = bring_team_together(branch, head, session.id, own, files, quoted, nonce)
    await _ask(deps, chosen.id, Asked(f"{about}+{own[:10]}", (head, own), files), text, told)
    return left_to(chosen.id, branch, files)


async def _ask(deps: Deps, session_id: str, asked: Asked, text: str, instruction: str = "") -> None:
    """Once: a job that was cut off is prepared again."""
    async with deps.store.writing() as tx:
        before = await tx.events(session_id=session_id, kinds=[EventKind.resolution_asked], newest_first=True, limit=RECENT)
        if not any(event.data["id"] == asked.id for event in before):
            await tx.record(asked_event(deps, session_id, asked, text, instruction))


async def _sides(deps: Deps, session: Session, files: Sequence[str]) -> list[Side]:
    """Whose work these files are in the team, the session's own first, each with what was last asked of it there."""
    async with deps.store.reading() as store:
        members = {s.id: s for s in await store.sessions(deps.project.id) if s.team == session.team}
        jobs = [job for job in await store.jobs(deps.project.id) if job.session_id in members and set(files) & set(job.files_changed)]
    newest = {job.session_id: job for job in jobs}
    order = sorted(newest, key=lambda id_: (id_ != session.id, newest[id_].seq))
    return [Side(id_, members[id_].branch, newest[id_].files_changed, newest[id_].instruction) for id_ in order]
