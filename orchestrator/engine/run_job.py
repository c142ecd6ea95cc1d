"""One job, from its turn in the queue to what git says it made. Called again from the top after a crash."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Any, assert_never

from graphs.assignments import usd_left, used_up
from graphs.decide import left_usd
from graphs.keep_up import bring_up
from graphs.leases import bind
from graphs.state import Deps
from orchestrator.boundaries.agents.protocol import (
    Agent,
    AgentEvent,
    AgentOrder,
    Asked,
    Broke,
    Did,
    Finished,
    McpEndpoint,
    Said,
    Started,
)
from orchestrator.boundaries.crash import passing
from orchestrator.boundaries.transcript import Transcript
from orchestrator.engine.coordination.identity import issue, revoke_job
from orchestrator.engine.coordination.tools import in_process
from orchestrator.engine.coordination.unread import Unread
from orchestrator.engine.editing import asking
from orchestrator.engine.job_end import Ending, end_job, ending_of, job_event, rested
from orchestrator.engine.set_aside import settle_earlier
from orchestrator.engine.take_over import take_over
from orchestrator.engine.team_flow import follow_team
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import OPEN_MESSAGES, MessageState
from orchestrator.nouns.session import Session, SessionState

PROGRESS_CHARS = 300
"""How much of what an agent said goes into one event; the transcript has the whole."""


async def run_job(deps: Deps, agent: Agent, job_id: str, *, mcp_url: str = "") -> None:
    """Run the job to its end. Idempotent: an ended job is left alone, a job that was cut off goes on where it was.
    ``mcp_url`` is where the agent finds the coordination tools; empty: over no network."""
    async with deps.store.reading() as store:
        session_id = (await store.job(job_id)).session_id
    async with deps.turns.of(session_id):  # its branch is not moved just now, and not while the job is open
        begun = await _begin(deps, job_id)
    if begun is not None:
        await _run(deps, agent, *begun, mcp_url)
    await bring_up(deps, session_id)


async def _run(deps: Deps, agent: Agent, job: Job, session: Session, mcp_url: str) -> None:
    try:
        note = "" if job.base_commit else await _prepared(deps, job, session)
        job = await _based(deps, job, session, note)
        ending = ending_of(job) or await _kept(deps, job, await _converse(deps, agent, job, session, mcp_url))
    except asyncio.CancelledError:
        raise  # the engine is closing: the job stays as it is, and is taken up again
    except TeleVibeError as error:
        ending = Ending(error=error.line())
    await end_job(deps, job, session, ending)


async def _begin(deps: Deps, job_id: str) -> tuple[Job, Session] | None:
    """Mark the job as starting, or end it at once when it must not start."""
    left = await left_usd(deps, None)
    async with deps.store.writing() as tx:
        job, session = await tx.job(job_id), None
        if job.state.over:
            return None
        session = await tx.session(job.session_id)
        refusal = _refusal(deps, job, session, left, await tx.spent_usd(goal_id=job.goal_id) if job.goal_id else 0.0)
        if refusal is None and (line := await used_up(tx, deps, session)):
            refusal = JobState.failed, line
        if refusal is not None:
            state, error = refusal
            ended = job.model_copy(update={"state": state, "error": error, "finished_at": deps.now()})
            await tx.put(ended, rested(deps, session, SessionState.idle))
            await revoke_job(tx, ended, deps.now())
            kind = EventKind.job_cancelled if state is JobState.cancelled else EventKind.job_failed
            await tx.record(job_event(ended, kind, f"{job.id} was not started: {error}"))
            return None
        starting = job.model_copy(
            update={"state": JobState.starting, "attempt": job.attempt + 1, "started_at": job.started_at or deps.now()}
        )
        await tx.put(starting)
        await bind(tx, session, starting)
        again = f" again (attempt {starting.attempt})" if starting.attempt > 1 else ""
        await tx.record(job_event(starting, EventKind.job_starting, f"{job.id} starts{again} in {session.id}"))
        return starting, session


def _refusal(deps: Deps, job: Job, session: Session, left_today: float, goal_spent: float) -> tuple[JobState, str] | None:
    if job.stop_requested:
        return JobState.cancelled, "it was stopped"
    if session.state in {SessionState.closed, SessionState.stopped}:
        return JobState.cancelled, f"{session.id} is {session.state.value}"
    if left_today <= 0:
        return JobState.failed, f"the day's budget of ${deps.policy.budget.day_usd:.2f} is used up (budget.day_usd)"
    if job.goal_id and goal_spent >= deps.policy.budget.goal_usd:
        return JobState.failed, f"the goal's budget of ${deps.policy.budget.goal_usd:.2f} is used up (budget.goal_usd)"
    return None


async def _prepared(deps: Deps, job: Job, session: Session) -> str:
    """The worktree as the job is to find it; returns what the agent must be told if git could not do all of it."""
    await settle_earlier(deps, session)
    await bring_up(deps, session.id, job_id=job.id)
    return await follow_team(deps, session) + await take_over(deps, job, session)


async def _based(deps: Deps, job: Job, session: Session, note: str) -> Job:
    """The job with the commit it starts from and its final brief, stored before the agent can add to it."""
    if job.base_commit:
        return job
    based = job.model_copy(update={"base_commit": await deps.git.head(session.worktree), "brief": job.brief + note})
    async with deps.store.writing() as tx:
        await tx.put(based)
        await tx.record(job_event(based, EventKind.job_progress, f"{job.id} starts from {based.base_commit[:10]}"))
    return based


async def _kept(deps: Deps, job: Job, ending: Ending) -> Ending:
    """Remember how the agent ended, so that a crash behind it does not run it once more."""
    async with deps.store.writing() as tx:
        await tx.put((await tx.job(job.id)).model_copy(update={"ending": json.dumps(asdict(ending))}))
        await tx.record(job_event(job, EventKind.job_progress, f"the agent of {job.id} has ended"))
    return ending


async def _endpoint(deps: Deps, job: Job, session: Session, mcp_url: str) -> McpEndpoint | None:
    """Where the tools are, with a token for this attempt at the job; earlier ones are worth nothing any more."""
    if not mcp_url:
        return None
    async with deps.store.writing() as tx:
        await revoke_job(tx, job, deps.now())
        return McpEndpoint(url=mcp_url, token=await issue(tx, session, deps.now(), job))


async def _budget(deps: Deps, job: Job, session: Session) -> float:
    """US dollars that the agent may use: the least that the day, the goal and its parents' caps leave."""
    below = await usd_left(deps, session)
    left = await left_usd(deps, job.goal_id)
    return max(0.0, left if below is None else min(left, below))


async def _converse(deps: Deps, agent: Agent, job: Job, session: Session, mcp_url: str) -> Ending:
    home = deps.home.session_dir(session.id)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    ending = Ending()
    minutes = job.timeout_minutes or deps.policy.limits.job_minutes
    order = AgentOrder(
        job_id=job.id,
        session_id=session.id,
        role=deps.roles[session.role],
        worktree=session.worktree,
        branch=session.branch,
        instruction=job.brief,
        conversation=session.conversation,
        home=str(home),
        attempt=job.attempt,
        budget_usd=await _budget(deps, job, session),
        call_tool=in_process(deps, session, job),
        mcp=await _endpoint(deps, job, session, mcp_url),
        may_edit=asking(deps, session, job),
        news=Unread(deps, session, job).line,
        env=await deps.git.stand_in(),
        televibe_home=str(deps.home.path),
    )
    with Transcript(deps.home.transcript(session.id, job.id)) as transcript:
        transcript.write("brief", {"text": order.instruction, "attempt": job.attempt}, deps.now())
        stream = agent.run(order)
        try:
            async with asyncio.timeout(minutes * 60):
                async for event in stream:
                    transcript.write(type(event).__name__.lower(), event.model_dump(), deps.now())
                    await _heard(deps, job, event, ending)
        except TimeoutError:
            said = "the stage's timeout" if job.timeout_minutes else "limits.job_minutes"
            ending.state, ending.error = JobState.failed, f"it took longer than {minutes:g} minutes ({said})"
        finally:
            await stream.aclose()
    return ending


async def _heard(deps: Deps, job: Job, event: AgentEvent, ending: Ending) -> None:
    passing(f"agent {type(event).__name__.lower()}")
    match event:
        case Started(conversation=conversation):
            await _running(deps, job.id, conversation)
        case Said(text=text):
            ending.said.append(text)
            del ending.said[:-1]
            await _progress(deps, job, text, {"said": True})
        case Did(tool=tool, detail=detail):
            await _progress(deps, job, f"{tool}: {detail}", {"tool": tool})
        case Asked(question=question):
            ending.state, ending.question, ending.error = JobState.done, question, ""
        case Finished():
            ending.state, ending.error = JobState.done, ""
            ending.last_words = event.summary
            ending.cumulative_cost_usd = event.cumulative_cost_usd
            ending.tokens_in, ending.tokens_out = event.tokens_in, event.tokens_out
        case Broke():
            ending.state = JobState.cancelled if event.interrupted else JobState.failed
            ending.error = event.reason
            ending.cumulative_cost_usd = event.cumulative_cost_usd
        case never:
            assert_never(never)


async def _running(deps: Deps, job_id: str, conversation: str) -> None:
    """The agent gave its first sign of life: only now is the job running, and were its messages delivered."""
    async with deps.store.writing() as tx:
        job = await tx.job(job_id)
        session = await tx.session(job.session_id)
        now = deps.now()
        running = job.model_copy(update={"state": JobState.running, "first_event_at": job.first_event_at or now})
        working = rested(deps, session, SessionState.working)  # one that was stopped meanwhile stays so
        await tx.put(running, working.model_copy(update={"conversation": conversation or session.conversation}))
        for message in await tx.messages(deps.project.id, to_session=session.id, states=OPEN_MESSAGES):
            if message.job_id == job_id:
                await tx.put(message.model_copy(update={"state": MessageState.delivered, "offers": message.offers + 1}))
        await tx.record(job_event(running, EventKind.job_running, f"{session.id} works on {job.id}"))


async def _progress(deps: Deps, job: Job, text: str, data: dict[str, Any]) -> None:
    short = " ".join(text.split())[:PROGRESS_CHARS]
    async with deps.store.writing() as tx:
        await tx.record(job_event(job, EventKind.job_progress, short, data))
