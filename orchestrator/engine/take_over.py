"""Taking over: what was handed to a job is merged into its session's branch, as far as git can; the rest is named to the agent."""

from __future__ import annotations

from graphs.state import Deps
from orchestrator.nouns.errors import MergeConflict
from orchestrator.nouns.job import Handoff, Job
from orchestrator.nouns.session import Session
from orchestrator.verbs.rights import may_change
from orchestrator.verbs.take_over import Missed, Side, sides_note


async def take_over(deps: Deps, job: Job, session: Session) -> str:
    """Returns what the agent must be told if git could not merge all of it. A second run merges what is missing."""
    handed = [h for h in await handed_to(deps, job, session) if h.takes_commits]
    if not handed:
        return ""
    async with deps.store.reading() as store:
        asked = {t.id: t.instruction for t in await store.tasks(job.goal_id or "")}
    sides = [Side(h.from_session, h.from_branch, h.files_changed, asked.get(h.from_task, "")) for h in handed]
    missed = []
    for handoff, side in zip(handed, sides, strict=True):
        try:
            await deps.git.merge(session.worktree, [handoff.head_commit], f"Take over {handoff.from_branch}")
        except MergeConflict as conflict:
            missed.append(Missed(side, conflict.files))
    return sides_note(deps.roles[session.role], missed, sides)


async def not_taken(deps: Deps, job: Job, session: Session, head: str) -> str:
    """What is wrong when ``head``, where a job says that it is done, does not have all that was handed to it: git could not merge it,
    nor did the agent. Empty of one that may not change anything, which is only shown the way to read it."""
    if not head or not may_change(deps.roles[session.role]):
        return ""
    handed = [h for h in await handed_to(deps, job, session) if h.takes_commits]
    left = [h for h in handed if not await deps.git.contains(head, h.head_commit)]
    names = ", ".join(f"{h.from_branch} ({h.from_session})" for h in left)
    return f"the agent says that it is done, but its branch does not have the work of {names}" if left else ""


async def handed_to(deps: Deps, job: Job, session: Session) -> list[Handoff]:
    """What was handed to the job's task: of each giver the newest, because work that came back is handed over again."""
    if job.goal_id is None or job.task_id is None:
        return []
    async with deps.store.reading() as store:
        handed = await store.handoffs(job.goal_id, to_task=job.task_id)
    return list({h.from_task: h for h in handed if h.to_session == session.id}.values())
