"""The context file and the store in step: who changed what, where, and what is believed of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphs.context_file import in_step
from graphs.state import Deps
from orchestrator.boundaries.context_file import Memory
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.protocol import Stored
from orchestrator.boundaries.store.sql import open_store
from orchestrator.engine.projects import open_project
from orchestrator.nouns.context_file import FILE
from orchestrator.nouns.event import Event, EventKind, NewEvent
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.knowledge import Decision, Todo
from tests.line import register
from tests.repos import commit, git, make_repo
from tests.unit.test_context_file import decision, export, session, todo

CONFIG = {"README.md": "# shop\n", ".televibe/config.yaml": "agent: scripted\nmodel: {policy: deterministic}\n"}


@dataclass
class Shop:
    """An initialised project with two sessions; no engine."""

    deps: Deps
    repo: Path

    @property
    def text(self) -> str:
        return (self.repo / FILE).read_text() if (self.repo / FILE).exists() else ""

    def edit(self, old: str, new: str) -> None:
        assert old in self.text
        (self.repo / FILE).write_text(self.text.replace(old, new, 1))

    async def store(self, *values: Stored) -> None:
        async with self.deps.store.writing() as tx:
            await tx.put(*values)
            await tx.record(NewEvent(kind=EventKind.decision_recorded, project_id="P1", text="a test stored something"))

    async def step(self) -> str:
        await in_step(self.deps)
        return self.text

    async def decisions(self) -> list[Decision]:
        async with self.deps.store.reading() as store:
            return list(reversed(await store.decisions("P1")))

    async def todos(self) -> list[Todo]:
        async with self.deps.store.reading() as store:
            return await store.todos("P1")

    async def exports(self) -> list[Export]:
        async with self.deps.store.reading() as store:
            return await store.exports("P1")

    async def events(self, *kinds: EventKind) -> list[Event]:
        async with self.deps.store.reading() as store:
            return await store.events(kinds=kinds)


@pytest.fixture
async def shop(tmp_path: Path, home_path: Path) -> AsyncIterator[Shop]:
    repo = make_repo(tmp_path / "shop", CONFIG)
    home = Home(home_path).ready()
    project = await register(home, repo)
    store = await open_store(home.database_url)
    try:
        deps = await open_project(home, store, project, owner=False)
        made = Shop(deps, repo)
        async with store.writing() as tx:
            for number in (1, 2):
                assert await tx.next_id("D") == f"D{number}"
                assert await tx.next_id("O") == f"O{number}"
        await made.store(
            session(1),
            session(2),
            decision(1, "Use JWT", rationale="stateless"),
            decision(2, "Use Stripe", "S2"),
            todo(1, "use require_login"),
            export("S1", "Account"),
            export("S2", "Card", "src/pay.py", status=ExportStatus.declared),
        )
        await made.step()
        yield made
    finally:
        await store.close()


async def test_what_is_stored_is_written_once_and_then_left_alone(shop: Shop) -> None:
    assert all(words in shop.text for words in ("name: Account", "name: Card", "Use JWT", "Use Stripe", "use require_login"))
    before = (shop.repo / FILE).stat()
    await shop.step()
    assert (shop.repo / FILE).stat().st_mtime_ns == before.st_mtime_ns
    await shop.store(todo(2, "write docs", None, None))
    assert 'message: "write docs"' in await shop.step()
    assert not await shop.events(EventKind.context_read), "nobody else wrote"


async def test_what_a_human_adds_is_taken_in_with_the_comments_around_it(shop: Shop) -> None:
    shop.edit("decisions:\n", "decisions:\n  # by hand\n  - decision: Tabs, not spaces # really\n")
    shop.edit(
        "todos_for_others:\n",
        "todos_for_others:\n  - {from: Ada, to: S2, message: hello}\n".replace("{", "").replace("}", "").replace(", ", "\n    "),
    )
    shop.edit(
        "        file: src/auth.py\n",
        "        file: src/auth.py\n      - name: login\n        file: src/auth.py\n        description: Log in\n",
    )
    text = await shop.step()
    assert (await shop.decisions())[-1].decision == "Tabs, not spaces"
    assert (await shop.decisions())[-1].session_id is None
    assert [(t.from_session, t.to_session, t.message) for t in await shop.todos()][-1] == (None, "S2", "hello")
    found = next(e for e in await shop.exports() if e.name == "login")
    assert (found.session_id, found.status, found.description) == ("S1", ExportStatus.declared, "Log in")
    assert "  # by hand\n  - decision: Tabs, not spaces # really\n" in text
    assert "from: Ada\n" in text
    assert [e.data["left"] for e in await shop.events(EventKind.context_read)] == [[]]
    assert len(await shop.events(EventKind.todo_added)) == 1
    assert await shop.step() == text
    assert len(await shop.events(EventKind.context_read)) == 1
    assert "D3" in await shop.deps.index.known()


async def test_what_a_human_changes_or_removes_is_changed_or_over(shop: Shop) -> None:
    shop.edit('rationale: "stateless"', 'rationale: "no session store"')
    shop.edit('decision: "Use Stripe"', 'decision: "Use Adyen"')
    shop.edit('  - from: S1\n    to: S2\n    message: "use require_login"\n', "")
    shop.edit(
        "      - name: Card\n        file: src/pay.py\n        status: declared\n", "      - name: Pay\n        file: src/pay.py\n"
    )
    await shop.step()
    assert [(d.session_id, d.decision, d.rationale) for d in await shop.decisions()] == [
        ("S1", "Use JWT", "no session store"),
        ("S2", "Use Adyen", ""),
    ]
    assert [(t.message, t.done, t.done_by) for t in await shop.todos()] == [("use require_login", True, None)]
    assert {e.name: e.status for e in await shop.exports()} == {
        "Account": ExportStatus.found,
        "Card": ExportStatus.gone,
        "Pay": ExportStatus.declared,
    }


async def test_what_the_code_has_cannot_be_removed_by_hand(shop: Shop) -> None:
    shop.edit("      - name: Account\n        file: src/auth.py\n", "      - name: Account2\n        file: src/auth.py\n")
    text = await shop.step()
    assert "name: Account\n" in text
    (read,) = await shop.events(EventKind.context_read)
    assert "the branch of S1 has it" in read.text


async def test_an_export_of_nobody_stays_in_the_file_and_is_reported(shop: Shop) -> None:
    foreign = "  mail:\n    session: S9\n    exports:\n      # theirs\n      - name: send\n        file: mail.py\n"
    shop.edit("interfaces:\n", f"interfaces:\n{foreign}")
    assert foreign in await shop.step()
    assert foreign in await shop.step()
    assert {e.name for e in await shop.exports()} == {"Account", "Card"}
    (read,) = await shop.events(EventKind.context_read)
    assert "no live session S9" in read.text
    await shop.store(todo(2, "more"))
    assert foreign in await shop.step()


@pytest.mark.parametrize("fault", ["decisions: []\n", "<<<<<<< HEAD\n", "deep: " + "[" * 40 + "\n", "x: " + "y" * 300_000 + "\n"])
async def test_a_refused_file_is_left_alone_until_it_is_mended(shop: Shop, fault: str) -> None:
    good = shop.text
    broken = good + fault
    (shop.repo / FILE).write_text(broken)
    await shop.store(todo(2, "later"))
    assert await shop.step() == broken
    assert await shop.step() == broken
    (refused,) = await shop.events(EventKind.context_refused)
    assert f"{FILE}:" in refused.text
    assert " — " in refused.text, "the remedy"
    assert len(await shop.decisions()) == 2
    assert Memory(shop.deps.home, "P1").last().text == good, "the last good copy"
    (shop.repo / FILE).write_text(good.replace("decisions:\n", "decisions:\n  - decision: Mended\n"))
    text = await shop.step()
    assert [d.decision for d in await shop.decisions()] == ["Use JWT", "Use Stripe", "Mended"]
    assert "later" in text


async def test_going_back_takes_nothing_away(shop: Shop) -> None:
    commit(shop.repo, {}, "keep it")
    await shop.step()
    await shop.store(decision(3, "Newer"), todo(2, "newer too"))
    full = await shop.step()
    git(shop.repo, "checkout", "-q", "--", FILE)
    assert "Newer" not in shop.text
    assert await shop.step() == full, "restored, and written again"
    git(shop.repo, "stash", "-q")
    git(shop.repo, "switch", "-q", "-c", "old", "HEAD~")
    assert shop.text == ""
    assert "Newer" in await shop.step()
    (shop.repo / FILE).unlink()
    assert "Newer" in await shop.step(), "a file that is missing says nothing"
    (shop.repo / FILE).unlink()
    git(shop.repo, "switch", "-q", "main")
    assert "Newer" in await shop.step()
    assert [d.decision for d in await shop.decisions()] == ["Use JWT", "Use Stripe", "Newer"]
    assert not any(t.done for t in await shop.todos())


async def test_what_comes_by_a_pull_is_taken_in(shop: Shop, tmp_path: Path) -> None:
    commit(shop.repo, {}, "share")
    await shop.step()
    git(tmp_path, "clone", "-q", str(shop.repo), "colleague")
    there = tmp_path / "colleague"
    (there / FILE).write_text(
        (there / FILE)
        .read_text()
        .replace("decisions:\n", "decisions:\n  - session: bob\n    decision: From afar\n")
        .partition("todos_for")[0]
    )
    commit(there, {}, "bob's")
    git(shop.repo, "pull", "-q", "--ff-only", str(there), "main")
    text = await shop.step()
    assert (await shop.decisions())[-1].decision == "From afar"
    assert "session: bob\n" in text
    assert [t.done for t in await shop.todos()] == [True], "he did it"


async def test_a_crash_between_the_file_and_our_copy_of_it_changes_nothing(shop: Shop) -> None:
    memory = Memory(shop.deps.home, "P1")
    before = memory.last()
    await shop.store(decision(3, "Newer"), todo(1, "use require_login", done=True))
    after = await shop.step()
    memory.remember(before)  # as if we had been killed right behind the file
    assert await shop.step() == after
    assert len(await shop.decisions()) == 3
    assert [t.done for t in await shop.todos()] == [True]


async def test_switched_off_nothing_is_written_or_read(shop: Shop) -> None:
    (shop.repo / FILE).write_text("decisions:\n  - decision: unread\n")
    off = shop.deps.policy.model_copy(update={"context_file": False})
    deps = Deps(**{**shop.deps.__dict__, "policy": off})
    await in_step(deps)
    assert shop.text == "decisions:\n  - decision: unread\n"
    assert len(await shop.decisions()) == 2


async def test_main_moves_over_local_changes_of_this_one_file(shop: Shop, tmp_path: Path) -> None:
    shop.edit("decisions:\n", "# mine, not committed\ndecisions:\n")
    start = git(shop.repo, "rev-parse", "main")
    tree = str(tmp_path / "w")
    await shop.deps.git.add_worktree(tree, "w", start)
    (tmp_path / "w" / FILE).parent.mkdir(exist_ok=True)
    (tmp_path / "w" / FILE).write_text(
        shop.text.replace("# mine, not committed\n", "").replace("interfaces:\n", "# theirs\ninterfaces:\n")
    )
    new = await shop.deps.git.commit_all(tree, "new") or ""
    mine = shop.text
    await shop.deps.git.advance("main", new, start)
    assert shop.text == mine
    assert git(shop.repo, "rev-parse", "HEAD") == new
    text = await shop.step()
    assert "# mine, not committed\n" in text
    assert "# theirs\n" in text
    assert not await shop.events(EventKind.context_read)
