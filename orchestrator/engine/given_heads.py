"""What a job was given to build on: merging it is no change of the job's own."""

from __future__ import annotations

from graphs.state import Deps
from orchestrator.engine.team_flow import team_heads
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Session


async def given_heads(deps: Deps, job: Job, session: Session) -> list[str]:
    """Heads that were handed over to the job, its team's, and the default branch's as we saw it before the job began: merging them
    is no change of its own. Where that branch is now is not asked: an agent can move it."""
    heads = set(await team_heads(deps, session))
    async with deps.store.reading() as store:
        moves = await store.events(project_id=deps.project.id, kinds=[EventKind.main_moved], newest_first=True)
    before = [str(m.data["new"]) for m in moves if m.data["new"] and job.started_at is not None and m.at < job.started_at]
    heads |= set(before[:1])
    if job.goal_id is not None and job.task_id is not None:
        async with deps.store.reading() as store:
            handed = await store.handoffs(job.goal_id, to_task=job.task_id)
        heads |= {h.head_commit for h in handed if h.to_session == session.id and h.to_task == job.task_id}
    return sorted(heads)
