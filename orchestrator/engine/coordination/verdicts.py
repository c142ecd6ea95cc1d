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
    task: str | None
    next: str = Field(description="What happens when you end.")


async def give_verdict(deps: Deps, caller: Caller, asked: GiveVerdict) -> Given:
    """Say what you think of the work that you review, or refuse work that was handed to you and cannot be built on.

    The last verdict of your task counts, when you end. With changes_wanted and refused the work goes back with your reason.
    """
    task = caller.job.task_id if caller.job else None
    async with deps.store.writing() as tx:
        if caller.job is not None and caller.job.goal_id and task:
            if asked.verdict is Verdict.refused and not await tx.handoffs(caller.job.goal_id, to_task=task):
                raise Refused("nothing was handed to you that could be refused", "ask with create_request, or the user with ask_user")
            current = await tx.job(caller.job.id)
            await tx.put(current.model_copy(update={"verdict": asked.verdict, "verdict_reason": asked.reason}))
        text = f"{caller.name}{f' on {task}' if task else ''}: {asked.verdict.value.replace('_', ' ')} — {asked.reason[:200]}"
        await tx.record(NewEvent(kind=EventKind.job_progress, project_id=deps.project.id, text=text, **caller.ids))
    return Given(verdict=asked.verdict, task=task, next=_what_now(asked.verdict, task))


def _what_now(verdict: Verdict, task: str | None) -> str:
    if task is None:
        return "It is in the log; no stage of a workflow waits for it here."
    return "Your work counts as it is." if verdict is Verdict.approved else "The work goes back with your reason when you end."


TOOLS = (tool(give_verdict, needs=SPEAKS, example={"verdict": "changes_wanted", "reason": "src/auth.py:12 compares secrets with =="}),)
