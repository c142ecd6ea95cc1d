"""``televibe locks``: who holds which files and who waits; taking files for a session, and ending a lease, as the user."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.doors.opening import opened, session_of
from orchestrator.doors.output import Out, Tone, ago
from orchestrator.nouns.errors import Unknown
from orchestrator.nouns.lease import OPEN_LEASES, Lease, LeaseState
from orchestrator.nouns.session import Project
from orchestrator.verbs.leases import clock, in_the_way, shown, standing

TONES = {LeaseState.held: Tone.good, LeaseState.queued: Tone.warn}


async def show_locks(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """Leases of the project; those that ended only with ``everything``."""
    async with opened(repo) as door, door.store.reading() as view:
        leases = await view.leases(door.project.id, states=() if everything else OPEN_LEASES)
    still = [lease for lease in leases if lease.state.open]
    if as_json:
        out.document([_document(lease, still) for lease in leases])
    elif leases:
        out.table(("id", "state", "session", "files", "until", "why"), [_row(lease, still) for lease in leases])
    else:
        out.line("nobody holds any file — a session asks with acquire_file_lock, you with `televibe locks acquire S1 FILE`")
    return 0


def _row(lease: Lease, still: list[Lease]) -> list[str | tuple[str, Tone]]:
    how = "" if lease.exclusive else ", shared"
    state = (lease.state.value + how, TONES.get(lease.state, Tone.quiet))
    return [(lease.id, Tone.name), state, lease.session_id, shown(lease.patterns, 10), _until(lease, still), lease.reason]


def _until(lease: Lease, still: list[Lease]) -> str:
    match lease.state:
        case LeaseState.held if lease.expires_at is not None:
            return clock(lease.expires_at)
        case LeaseState.queued:
            waits = standing(lease, still, datetime.now(UTC))
            return f"place {waits.place}, about {clock(waits.by)}; {in_the_way(waits.behind)}"
        case _:
            return ago(lease.ended_at) if lease.ended_at else ""


def _document(lease: Lease, still: list[Lease]) -> dict[str, Any]:
    waits = standing(lease, still, datetime.now(UTC)) if lease.state is LeaseState.queued else None
    queue = {"place": waits.place, "expected_at": waits.by.isoformat(), "behind": [b.id for b in waits.behind]} if waits else None
    return {**lease.model_dump(mode="json"), "queue": queue}


async def take(repo: Path, session_id: str, words: dict[str, Any], out: Out, *, as_json: bool) -> int:
    """Files for a session, as if it had asked itself."""
    from orchestrator.engine.coordination.leases import Shown
    from orchestrator.engine.coordination.tool import Caller
    from orchestrator.engine.coordination.tools import call_tool
    from orchestrator.engine.workplace import workplace

    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            session = await session_of(view, place.deps.project, session_id)
        caller = Caller(session, place.deps.roles.get(session.role))
        answer = await call_tool(place.deps, caller, "acquire_file_lock", words)
    assert isinstance(answer, Shown)
    if as_json:
        out.document(answer)
        return 0
    if answer.state is LeaseState.held and answer.expires_at is not None:
        out.line(f"{answer.lease}: {session.id} holds {', '.join(answer.files)} until {clock(answer.expires_at)}", Tone.good)
    else:
        before = ", ".join(f"{one.session} ({one.lease})" for one in answer.waits_for)
        about = f", about {clock(answer.expected_at)}" if answer.expected_at else ""
        out.line(f"{answer.lease}: {session.id} waits for {before}; place {answer.place}{about}", Tone.warn)
    if answer.note:
        out.line(answer.note, Tone.quiet)
    return 0


async def give_back(repo: Path, lease_id: str, out: Out, *, as_json: bool) -> int:
    """End a lease that is open."""
    from orchestrator.engine.background import start_in_background
    from orchestrator.engine.coordination.tool import Caller
    from orchestrator.engine.coordination.tools import call_tool
    from orchestrator.engine.workplace import workplace
    from orchestrator.nouns.event import TRIGGERS

    home, lease_id = Home.find(), lease_id.upper()
    async with workplace(home, repo, engine=False) as place:
        async with place.store.reading() as view:
            lease = await _lease(view, place.deps.project, lease_id)
            before = await view.last_event_id()
        answer = await call_tool(place.deps, Caller(None), "release_file_lock", {"lock_id": lease.id})
        async with place.store.reading() as view:
            woken = await view.events(after=before, kinds=sorted(TRIGGERS), limit=1)
    if woken:
        start_in_background(home)
    released = answer.model_dump(mode="json")["released"]
    if as_json:
        out.document({"released": released, "session": lease.session_id})
    else:
        out.line(f"{lease.id} of {lease.session_id} is over" if released else f"{lease.id} was {lease.state.value} already")
    return 0


async def _lease(view: Reading, project: Project, lease_id: str) -> Lease:
    remedy = "`televibe locks` lists them"
    try:
        lease = await view.lease(lease_id)
    except Unknown:
        raise Unknown(f"no lease {lease_id}", remedy) from None
    if lease.project_id != project.id:
        raise Unknown(f"lease {lease_id} belongs to another repository", remedy)
    return lease
