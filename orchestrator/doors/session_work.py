"""``televibe session new|adopt|send|stop|resume|close``: sessions made, told, halted and ended by hand."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestrator.boundaries.agents.protocol import Availability
from orchestrator.boundaries.home import Home
from orchestrator.doors.follow import follow
from orchestrator.doors.mcp.host import hosting
from orchestrator.doors.opening import session_of
from orchestrator.doors.output import Out, Tone
from orchestrator.doors.progress import Watch
from orchestrator.doors.unread import going_on_unread
from orchestrator.engine.background import start_in_background
from orchestrator.engine.intents import instruct, resume_session, stop_session
from orchestrator.engine.lock import holder
from orchestrator.engine.projects import availability
from orchestrator.engine.sessions import adopt_session, close_session, new_session
from orchestrator.engine.workplace import Workplace, workplace
from orchestrator.nouns.event import ENGINE_CURSOR, TRIGGERS, Event, EventKind
from orchestrator.nouns.session import Session

JOB_OVER = {EventKind.job_done, EventKind.job_failed, EventKind.job_cancelled}


async def make_session(repo: Path, role: str, branch: str | None, agent: str | None, out: Out, *, as_json: bool) -> int:
    """A new session on a new branch. No agent is started before it has work."""
    async with workplace(Home.find(), repo, engine=False) as place:
        session = await new_session(place.deps, role, branch=branch, agent=agent)
        usable = await availability(session.agent, place.deps)
    return _made(out, session, usable, as_json=as_json)


async def take_over_branch(repo: Path, branch: str, role: str, agent: str | None, out: Out, *, as_json: bool) -> int:
    """A session over a branch that exists."""
    async with workplace(Home.find(), repo, engine=False) as place:
        session = await adopt_session(place.deps, branch, role=role, agent=agent)
        usable = await availability(session.agent, place.deps)
    return _made(out, session, usable, as_json=as_json)


async def tell_session(repo: Path, session_id: str, text: str, out: Out, watch: Watch, *, wait: bool, as_json: bool) -> int:
    """Give a session an instruction, or the answer it waits for."""
    home = Home.find()
    with going_on_unread(home):
        async with workplace(home, repo, engine=wait, host=hosting()) as place:
            session = await _session(place, session_id)
            async with place.store.reading() as store:
                after = await store.last_event_id()
            await instruct(place.deps, session.id, text)
            if wait:
                async for event in follow(place.store, after=after, session_id=session.id, until=_job_is_over):
                    watch.show(event)
                if place.engine is not None:
                    await place.engine.until_idle()
            session = await _session(place, session.id)
            async with place.store.reading() as store:
                jobs = await store.jobs(session_id=session.id)
    if not wait:
        start_in_background(home)
    if as_json:
        out.document({"session": session.id, "state": session.state.value, "job": jobs[-1] if wait and jobs else None})
    elif wait and jobs:
        out.line(f"{jobs[-1].id} {jobs[-1].state.value}: {jobs[-1].summary or jobs[-1].error}")
    else:
        out.line(f"{session.id} was told; `televibe session log {session.id} --follow` shows how it goes")
    return 0


async def halt_session(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """Interrupt its agent, cancel what waits, take no more."""
    async with workplace(Home.find(), repo, engine=False) as place:
        session = await _session(place, session_id)
        stopping = await stop_session(place.deps, session.id)
    if stopping and holder(Home.find().engine_lock) is None:
        start_in_background(Home.find())
    if as_json:
        out.document({"session": session.id, "stopping": [job.id for job in stopping]})
    else:
        out.line(f"{session.id} is stopped" + (f"; {', '.join(j.id for j in stopping)} asked to stop" if stopping else ""))
    return 0


async def wake_session(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """Let a stopped session take work again."""
    async with workplace(Home.find(), repo, engine=False) as place:
        session = await resume_session(place.deps, (await _session(place, session_id)).id)
        await _have_it_done(place)
    out.document(session) if as_json else out.line(f"{session.id} takes work again")
    return 0


async def end_session(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """Remove its worktree; keep its branch, and what was not committed under a ref."""
    async with workplace(Home.find(), repo, engine=False) as place:
        closed = await close_session(place.deps, (await _session(place, session_id)).id)
        await _have_it_done(place)
    if as_json:
        out.document({"session": closed.session, "kept": list(closed.kept)})
        return 0
    out.line(f"{closed.session.id} is closed; its work is on branch {closed.session.branch}", Tone.good)
    for ref in closed.kept:
        out.line(f"what was not committed is kept: git show {ref}")
    return 0


async def _have_it_done(place: Workplace) -> None:
    """Requests that go to another session, or messages that waited: an engine does it, if there is anything of that."""
    async with place.store.reading() as store:
        behind = await store.events(after=await store.cursor(ENGINE_CURSOR), kinds=sorted(TRIGGERS), limit=1)
    if behind:
        start_in_background(place.home)


async def _session(place: Workplace, session_id: str) -> Session:
    async with place.store.reading() as view:
        return await session_of(view, place.deps.project, session_id)


def _job_is_over(event: Event) -> bool:
    return event.kind in JOB_OVER


def _made(out: Out, session: Session, usable: Availability, *, as_json: bool) -> int:
    if not usable.installed:  # it may be installed before there is work for it: no reason to refuse
        warning = (
            f"{session.id} cannot take work yet: the agent kind {usable.kind} cannot be used here: {usable.detail} — {usable.remedy}"
        )
        Out.to(sys.stderr).line(warning, Tone.warn)
    if as_json:
        out.document(session)
    else:
        out.line(f"{session.id} {session.role} on {session.branch}", Tone.good)
        out.line(f"worktree {session.worktree}")
        out.line(f'no agent runs yet; give it work: televibe session send {session.id} "…"')
    return 0
