"""Verdicts: what a session says of the work that it was given to judge or to build on."""

from __future__ import annotations

from pydantic import Field

from graphs.state import Deps
from orchestrator.engine.coordination.asked import BySession, Text
from orchestrator.engine.coordination.tool import SPEAKS, Caller, tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Verdict


class GiveVerdict(BySession):
    verdict: Verdict = Field(
        description="approved; changes_wanted (it goes back to who made it); refused (it cannot be built on: does not build, no tests)."
    )
    reason: Text = Field(description="What is wrong and where, so that somebody who only reads this can mend it; or why it is good.")


class Given(Noun):
    verdict: Verdict
    task: str
    next: str = Field(description="What happens when you end.")


async def give_verdict(deps: Deps, caller: Caller, asked: GiveVerdict) -> Given:
    """Say what you think of the work that you review, or refuse work that was handed to you and cannot be built on.

    The last verdict of your task counts, when you end. With changes_wanted and refused the work goes back with your reason.
    """
    job = caller.job
    if job is None or job.task_id is None or job.goal_id is None:
        raise Refused("there is no work of a goal here to judge", "write to the session instead: send_cross_session_message")
    async with deps.store.writing() as tx:
        task = next(t for t in await tx.tasks(job.goal_id) if t.id == job.task_id)
        if asked.verdict is Verdict.refused and not await tx.handoffs(job.goal_id, to_task=job.task_id):
            raise Refused("nothing was handed to you that could be refused", "ask with create_request, or the user with ask_user")
        current = await tx.job(job.id)
        await tx.put(current.model_copy(update={"verdict": asked.verdict, "verdict_reason": asked.reason}))
        text = f"{caller.name} on {task.id}: {asked.verdict.value.replace('_', ' ')} — {asked.reason[:200]}"
        await tx.record(NewEvent(kind=EventKind.job_progress, project_id=deps.project.id, text=text, **caller.ids))
    ends = "Your work counts as it is." if asked.verdict is Verdict.approved else "The work goes back with your reason when you end."
    return Given(verdict=asked.verdict, task=task.id, next=ends)


TOOLS = (tool(give_verdict, needs=SPEAKS, example={"verdict": "changes_wanted", "reason": "src/auth.py:12 compares secrets with =="}),)
