"""How work flows in a team: a job starts from what the team's branch has, and a writer's work goes there when its job ended well.

Both ask git what is there already, so that a run which was cut off is simply run again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.team_apart import apart
from orchestrator.nouns.errors import GitError, MergeConflict, TeleVibeError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.rights import may_change
from orchestrator.verbs.teams import team_branch

log = logging.getLogger("televibe.teams")

TRIES = 5
"""How often the branch may move under a merge before that is called stuck; each time another member was faster."""


@dataclass(frozen=True)
class Fed:
    """What became of a job's work in its team. ``notice`` is for the session whose work was not taken."""

    event: NewEvent
    notice: str = ""


async def follow_team(deps: Deps, session: Session) -> str:
    """Bring the head of the team's branch into the session's own; returns what the agent must be told if git could not."""
    branch = team_branch(session)
    head = await deps.git.resolve(f"refs/heads/{branch}") if branch else None
    if branch is None or head is None or await deps.git.contains(await deps.git.head(session.worktree), head):
        return ""
    try:
        await deps.git.merge(session.worktree, [head], f"Follow {branch}")
    except MergeConflict as conflict:
        return await apart(deps, session, branch, head, conflict.files)
    return ""


async def feed_team(deps: Deps, job: Job, session: Session, head: str) -> Fed | None:
    """Advance the team's branch so that it has ``head``. None when there is no team, or no right to change anything."""
    branch = team_branch(session)
    if branch is None or not may_change(deps.roles[session.role]) or head in {"", job.base_commit}:
        return None
    try:
        at = await _advance(deps, job, session, branch, head)
    except MergeConflict as conflict:
        files = ", ".join(conflict.files)
        notice = (
            f"{branch} did not take your work of {job.id}: it conflicts with what is there in {files}. Your work is safe on your "
            "branch. Your next job begins with bringing the two together."
        )
        return _stuck(job, session, branch, f"conflicts in {files}", conflict.files, notice)
    except TeleVibeError as error:
        log.warning("action=team_stuck job=%s branch=%s error=%s", job.id, branch, error.line())
        return _stuck(job, session, branch, error.line(), (), "")
    text = f"{branch} has the work of {session.id} ({at[:10]})"
    data = {"team": session.team, "branch": branch, "head": at, "from": head}
    return Fed(_event(job, EventKind.team_moved, text, data))


async def record_fed(tx: Writing, deps: Deps, session: Session, fed: Fed | None) -> None:
    """Store what became of it, in the transaction that ends the job."""
    if fed is None:
        return
    if fed.notice:
        to, type_ = [session.id], MessageType.notice
        await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=type_, content=fed.notice)
    await tx.record(fed.event)


async def team_heads(deps: Deps, session: Session) -> list[str]:
    """Where we put the team's branch last: merging that is no change of a session's own. Where the branch is, is not asked: an agent
    can move it."""
    if not session.team:
        return []
    async with deps.store.reading() as store:
        kinds = [EventKind.team_created, EventKind.team_moved]
        moves = await store.events(project_id=session.project_id, kinds=kinds, newest_first=True)
    return [str(move.data["head"]) for move in moves if move.data.get("team") == session.team][:1]


async def _advance(deps: Deps, job: Job, session: Session, branch: str, head: str) -> str:
    """The head of ``branch``, which contains ``head`` now."""
    for _ in range(TRIES):
        here = await deps.git.resolve(f"refs/heads/{branch}")
        if here is None:
            raise GitError(f"the branch {branch} is gone", f"`git branch {branch} {head[:10]}` makes it again")
        if await deps.git.contains(here, head):
            return here
        new = head if await deps.git.contains(head, here) else await _merged(deps, job, session, here, head, branch)
        try:
            await deps.git.advance(branch, new, here)
        except GitError:
            if await deps.git.resolve(f"refs/heads/{branch}") == here:
                raise
            continue  # another member was faster
        return new
    raise GitError(f"{branch} moved {TRIES} times while {session.id}'s work was merged", "the next job tries again")


async def _merged(deps: Deps, job: Job, session: Session, here: str, head: str, branch: str) -> str:
    """A merge of the two in a worktree of its own, which does not stay."""
    path = deps.home.worktree(deps.project.id, f"team-{job.id}")
    path.parent.mkdir(parents=True, exist_ok=True)
    await deps.git.remove_worktree(str(path))
    try:
        await deps.git.add_detached_worktree(str(path), here)
        return (await deps.git.merge(str(path), [head], f"Take {session.branch} into {branch}")).commit
    finally:
        await deps.git.remove_worktree(str(path))


def _stuck(job: Job, session: Session, branch: str, why: str, files: tuple[str, ...], notice: str) -> Fed:
    data = {"team": session.team, "branch": branch, "files": list(files)}
    return Fed(_event(job, EventKind.team_stuck, f"{branch} stays without the work of {session.id}: {why}", data), notice)


def _event(job: Job, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    ids = {"goal_id": job.goal_id, "task_id": job.task_id, "session_id": job.session_id, "job_id": job.id}
    return NewEvent(kind=kind, project_id=job.project_id, text=text, data=data, **ids)
