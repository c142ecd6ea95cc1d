"""Leases in a real store: granted, waited for, renewed, freed by whatever ends their holder, and told to whose turn it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphs.leases import sweep
from graphs.state import Deps
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.coordination.leases import Shown
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.editing import edit_refusal
from orchestrator.engine.intents import stop_session
from orchestrator.engine.projects import open_project
from orchestrator.engine.sessions import close_session, new_session
from orchestrator.nouns.errors import Refused, TeleVibeError, UsageError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.lease import Lease, LeaseState
from orchestrator.nouns.message import MessageType
from orchestrator.nouns.session import Session
from tests.line import register
from tests.repos import make_repo


@dataclass
class Desk:
    """A project without an engine, two sessions, and a clock that the test turns."""

    deps: Deps
    at: datetime = field(default_factory=lambda: datetime(2030, 1, 1, 12, tzinfo=UTC))
    sessions: list[Session] = field(default_factory=list)

    async def call(self, session: Session | None, tool: str, **words: Any) -> Any:
        role = self.deps.roles[session.role] if session else None
        return await call_tool(self.deps, Caller(session, role), tool, words)

    async def acquire(self, session: Session, *files: str, **words: Any) -> Shown:
        return await self.call(session, "acquire_file_lock", files=list(files), **words)  # type: ignore[no-any-return]

    async def lease(self, id_: str) -> Lease:
        async with self.deps.store.reading() as store:
            return await store.lease(id_)

    async def told(self, session: Session) -> list[tuple[MessageType, str]]:
        async with self.deps.store.reading() as store:
            return [(m.type, m.content) for m in await store.messages(self.deps.project.id, to_session=session.id)]

    def pass_time(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


@asynccontextmanager
async def desk(directory: Path, config: str = "", sessions: int = 2) -> AsyncIterator[Desk]:
    files = {"src/cart.py": "x = 1\n", "src/money.py": "y = 1\n", ".televibe/config.yaml": f"agent: scripted\n{config}"}
    repo = make_repo(directory / "repo", files)
    home = Home(directory / "home").ready()
    project = await register(home, repo)
    store = await open_store(home.database_url)
    deps = await open_project(home, store, project, owner=False)
    place = Desk(deps)
    place.deps = replace(deps, now=lambda: place.at)
    place.sessions = [await new_session(place.deps, "implementer") for _ in range(sessions)]
    try:
        yield place
    finally:
        await deps.index.close()
        await deps.model.close()
        await store.close()


async def test_a_file_is_held_waited_for_and_handed_on_with_a_higher_number(tmp_path: Path) -> None:
    async with desk(tmp_path, sessions=3) as place:
        one, two, three = place.sessions
        first = await place.acquire(one, "src/cart.py", minutes=10)
        second = await place.acquire(two, "src/*.py", "docs/x.md")
        third = await place.acquire(three, "src/cart.py", minutes=5)
        assert (first.state, first.fence) == (LeaseState.held, 1)
        assert (second.state, second.place, second.expected_at) == (LeaseState.queued, 1, place.at + timedelta(minutes=10))
        assert (third.place, third.expected_at) == (2, place.at + timedelta(minutes=40))
        assert [h.session for h in third.waits_for] == [one.id, two.id]
        assert "LOCKED: src/cart.py is held by S1 until 12:10 UTC (L1)" in await edit_refusal(place.deps, two, None, ["src/cart.py"])
        await place.call(one, "release_file_lock", lock_id=first.lease)
        assert ((await place.lease("L2")).state, (await place.lease("L2")).fence) == (LeaseState.held, 2)
        assert await edit_refusal(place.deps, two, None, ["src/cart.py"]) == ""
        assert [type_ for type_, text in await place.told(two) if "L2 is yours" in text] == [MessageType.response]
        async with place.deps.store.reading() as store:
            called = await store.events(session_id=two.id, kinds=[EventKind.session_called])
        assert len(called) == 1, "an idle session is woken by its turn"


async def test_time_runs_out_and_the_next_one_is_granted_in_the_same_sweep(tmp_path: Path) -> None:
    async with desk(tmp_path) as place:
        one, two = place.sessions
        await place.acquire(one, "src/", minutes=10)
        await place.acquire(two, "src/cart.py")
        place.pass_time(9)
        assert await sweep(place.deps) == 0
        place.pass_time(2)
        assert await sweep(place.deps) == 2
        assert await sweep(place.deps) == 0
        assert ((await place.lease("L1")).state, (await place.lease("L2")).state) == (LeaseState.expired, LeaseState.held)
        assert any("L1 (src/**) ran out" in text for _, text in await place.told(one))
        with pytest.raises(Refused, match="L1 is expired"):
            await place.call(one, "renew_file_lock", lock_id="L1")


async def test_a_session_that_is_closed_or_stopped_holds_and_wants_nothing_any_more(tmp_path: Path) -> None:
    async with desk(tmp_path, sessions=4) as place:
        one, two, three, four = place.sessions
        await place.acquire(one, "src/cart.py")
        for session in (two, three, four):
            await place.acquire(session, "src/cart.py")
        await stop_session(place.deps, two.id)
        await close_session(place.deps, one.id)
        states = [(await place.lease(f"L{n}")).state for n in (1, 2, 3, 4)]
        assert states == [LeaseState.released, LeaseState.withdrawn, LeaseState.held, LeaseState.queued]


async def test_leases_belong_to_who_asked(tmp_path: Path) -> None:
    async with desk(tmp_path) as place:
        one, two = place.sessions
        await place.acquire(one, "src/cart.py")
        with pytest.raises(Refused, match="L1 is not yours"):
            await place.call(two, "release_file_lock", lock_id="L1")
        with pytest.raises(Refused, match="S1"):
            await place.call(two, "acquire_file_lock", session_id=one.id, files=["src/money.py"])
        await place.call(None, "release_file_lock", lock_id="L1")
        assert (await place.lease("L1")).state is LeaseState.released


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("../other", "leads out of the repository"),
        ("/etc/passwd", "is an absolute path"),
        (".git/config", "is in .git"),
        ("out/x", "leads out of the repository by a link"),
        ("src\\cart.py", "has a backslash"),
    ],
)
async def test_what_is_no_file_of_the_repository_is_refused(tmp_path: Path, file: str, why: str) -> None:
    async with desk(tmp_path, sessions=1) as place:
        (Path(place.sessions[0].worktree) / "out").symlink_to(tmp_path)
        with pytest.raises(UsageError, match=why):
            await place.acquire(place.sessions[0], "src/cart.py", file)
        async with place.deps.store.reading() as store:
            assert await store.leases(place.deps.project.id) == [], "all or nothing"


async def test_links_and_case_twins_are_the_file_that_they_mean(tmp_path: Path) -> None:
    async with desk(tmp_path) as place:
        one, two = place.sessions
        (Path(one.worktree) / "link.py").symlink_to("src/cart.py")
        got = await place.acquire(one, "link.py", "SRC/Money.py", "src/money.py")
        assert got.files == ("SRC/Money.py", "src/cart.py")
        assert "link.py is a link to src/cart.py" in got.note
        assert "upper and lower case" in got.note
        for path in ("src/cart.py", "src/Money.py"):
            assert "LOCKED" in await edit_refusal(place.deps, two, None, [path])


async def test_under_the_strategy_locks_an_edit_needs_a_lease(tmp_path: Path) -> None:
    async with desk(tmp_path, "conflicts: {paths: [{glob: src/**, strategy: locks}]}\n") as place:
        one, two = place.sessions
        assert "acquire_file_lock" in await edit_refusal(place.deps, one, None, ["src/cart.py"])
        assert await edit_refusal(place.deps, one, None, ["docs/x.md", "/tmp/elsewhere"]) == ""
        await place.acquire(one, "src/cart.py", shared=True)
        assert "LOCKED" in await edit_refusal(place.deps, one, None, ["src/cart.py"]), "who shares does not edit"
        await place.acquire(two, "src/money.py")
        assert await edit_refusal(place.deps, two, None, [f"{two.worktree}/src/money.py"]) == ""


async def test_an_edit_outside_of_ones_own_becomes_a_request_to_the_owner_once(tmp_path: Path) -> None:
    config = "conflicts: {strategy: ownership, outside: request, owners: {src/**: S2, src/money.py: null}}\n"
    async with desk(tmp_path, config) as place:
        one, two = place.sessions
        for _ in range(2):
            assert "R1 asks for it" in await edit_refusal(place.deps, one, None, ["src/cart.py"])
        assert "shared by all" in await edit_refusal(place.deps, one, None, ["src/money.py"])
        assert await edit_refusal(place.deps, two, None, ["src/cart.py"]) == ""
        async with place.deps.store.reading() as store:
            requests = await store.requests(place.deps.project.id)
            refused = await store.events(kinds=[EventKind.edit_refused])
        assert [(r.from_session, r.to_session) for r in requests] == [(one.id, two.id)]
        assert [e.data["wall"] for e in refused] == ["owner", "owner", "no_lease"]


async def test_the_user_holds_no_lease(tmp_path: Path) -> None:
    async with desk(tmp_path, sessions=0) as place:
        with pytest.raises(TeleVibeError, match="leases belong to sessions"):
            await place.call(None, "acquire_file_lock", files=["src/cart.py"])
