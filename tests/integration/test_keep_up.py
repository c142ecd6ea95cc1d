"""Branches that keep up: main moves, by whatever hand; everybody learns of it, and the idle ones have it a moment later."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.intents import instruct, stop_session
from orchestrator.engine.keep_up.intents import request_sync, request_undo
from orchestrator.engine.sessions import adopt_session, new_session
from orchestrator.nouns.event import Event, EventKind, NewEvent
from orchestrator.nouns.flow import Sync, SyncKind, SyncState
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.message import Message, MessageState, MessageType
from orchestrator.nouns.session import Session, SessionState
from tests.line import Line, line
from tests.repos import commit, git

SCRIPT = """
scripts:
  - when: {words: [conflict, both]}
    steps:
      - run: "git merge -q --no-commit $(git rev-parse main) || true"
      - edit:
          path: shop/cart.py
          content: "# both sides\\ndef total(prices: list[int], tax: int = 0) -> int:\\n    return sum(prices) + tax\\n"
      - run: "git add -A && git commit -q -m 'bring both together'"
      - finish: both sides are in
  - when: {words: [wait]}
    steps:
      - run: "touch started; while [ ! -e go ]; do sleep 0.02; done; rm started go"
      - edit: {path: slow.py, content: "SLOW = 1\\n"}
      - commit: slow work
      - finish: done slowly
  - steps:
      - append: {path: notes.txt, content: "noted\\n"}
      - commit: note
      - finish: noted
"""
CART = "def total(prices: list[int], tax: int = 0) -> int:\n    return sum(prices) + tax\n"


async def session(on: Line, files: dict[str, str] | None = None, role: str = "implementer") -> Session:
    """An idle session; with ``files``, its branch has a commit of them."""
    made = await new_session(on.deps, role)
    if files is not None:
        commit(Path(made.worktree), files, f"work of {made.id}")
    return made


async def land(on: Line, files: dict[str, str], message: str = "by hand") -> str:
    """A commit on main by hand, noticed and reacted to."""
    head = git(commit(on.repo, files, message), "rev-parse", "HEAD")
    await on.engine.until_idle()
    return head


async def told(on: Line, of: Session) -> list[Message]:
    async with on.store.reading() as store:
        return [m for m in await store.messages(on.deps.project.id, to_session=of.id) if m.type is MessageType.main_moved]


async def syncs(on: Line, of: Session) -> list[Sync]:
    async with on.store.reading() as store:
        return await store.syncs(on.deps.project.id, session_id=of.id)


async def jobs(on: Line, of: Session) -> list[Job]:
    async with on.store.reading() as store:
        return await store.jobs(session_id=of.id)


async def last(on: Line, kind: EventKind) -> Event:
    return (await on.events(kind))[-1]


def subjects(of: Session) -> list[str]:
    return git(Path(of.worktree), "log", "--format=%s", f"main..{of.branch}").splitlines()


def has_main(of: Session) -> bool:
    return git(Path(of.worktree), "merge-base", "HEAD", "main") == git(Path(of.worktree), "rev-parse", "main")


async def test_a_commit_by_hand_reaches_three_rebased_and_one_instructed(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        fits = [await session(on, {f"feature_{n}.py": f"N = {n}\n"}) for n in range(3)]
        clash = await session(on, {"shop/cart.py": "def total() -> int:\n    return 1\n"})
        (Path(fits[0].worktree) / "dirty.py").write_text("D = 1\n")
        before = git(Path(fits[0].worktree), "rev-parse", "HEAD")
        head = await land(on, {"shop/cart.py": CART}, "tax on totals")

        for one in fits:
            [done] = await syncs(on, one)
            assert (done.kind, done.state, done.onto) == (SyncKind.rebase, SyncState.done, head)
            assert subjects(one) == [f"work of {one.id}"]
            assert has_main(one)
            assert not await jobs(on, one)
            [message] = await told(on, one)
            assert "tax on totals" in message.content
            assert "rebased onto" in message.content
            assert message.state is MessageState.queued
        assert git(Path(fits[0].worktree), "status", "--porcelain") == "?? dirty.py"

        [conflict] = await syncs(on, clash)
        assert (conflict.state, conflict.files) == (SyncState.conflict, ("shop/cart.py",))
        [job] = await jobs(on, clash)
        assert job.state is JobState.done
        for side in (f"work of {clash.id}", "tax on totals", "shop/cart.py", head[:10]):
            assert side in job.instruction
        assert has_main(clash)
        assert (Path(clash.worktree) / "shop/cart.py").read_text() == "# both sides\n" + CART

        await request_undo(on.deps, fits[0].id)
        await on.engine.until_idle()
        assert git(Path(fits[0].worktree), "rev-parse", "HEAD") == before
        assert git(Path(fits[0].worktree), "status", "--porcelain") == "?? dirty.py"
        assert [s.state for s in await syncs(on, fits[0])] == [SyncState.undone]
        assert len(await jobs(on, clash)) == 1, "it is told once for one commit"


async def test_what_concerns_a_session_is_said(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, "keep_up: notify\n", queue=MemoryQueue()) as on:
        importer = await session(on, {"shop/api.py": "from shop.cart import total\n\nprint(total([1]))\n"})
        editor = await session(on, {"shop/cart.py": "X = 1\n"})
        other = await session(on, {"docs.md": "d\n"})
        await land(on, {"shop/cart.py": CART, "README.md": "# new\n"})
        said = {s.id: (await told(on, s))[0].content for s in (importer, editor, other)}

        assert "shop/cart.py (in shop/api.py)" in said[importer.id]
        assert (
            "total (shop/cart.py), which you use in shop/api.py, is now: def total(prices: list[int], tax: int=0) -> int"
            in said[importer.id]
        )
        assert "files that you work on: shop/cart.py" in said[editor.id]
        assert "none of the files that you work on" in said[other.id]
        assert all("by Ada" in words and words.endswith("Your branch does not have it yet.") for words in said.values())
        assert not has_main(importer), "the policy is to notify"


async def test_many_landings_are_one_message(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        sleeper = await session(on)
        for number in range(3):
            await land(on, {f"f{number}": "x"}, f"landing {number}")
        [message] = await told(on, sleeper)
        assert all(f"landing {number}" in message.content for number in range(3))
        assert [s.kind for s in await syncs(on, sleeper)] == [SyncKind.forward] * 3
        await instruct(on.deps, sleeper.id, "take a note")
        await on.engine.until_idle()
        [job] = await jobs(on, sleeper)
        assert "landing 2" in job.brief
        await land(on, {"f4": "x"}, "landing 4")
        assert ["landing 2" in m.content for m in await told(on, sleeper)] == [True, False]


async def test_our_own_landing_tells_everybody_but_who_made_it(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        bystander = await session(on, {"own.py": "O = 1\n"})
        goal = await on.give("Add a note")
        await on.settled(goal)
        async with on.store.reading() as store:
            maker = next(s for s in await store.sessions(on.deps.project.id) if s.goal_id == goal.id)
        [message] = await told(on, bystander)
        assert f"landed by {goal.id} ({maker.id})" in message.content
        assert has_main(bystander)
        assert has_main(maker)
        assert len(await told(on, maker)) <= 1, "of the merge alone, if there was one"


async def test_a_running_session_hears_now_and_is_brought_up_after_its_job(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        busy = await session(on)
        tree = Path(busy.worktree)
        await instruct(on.deps, busy.id, "wait for it")
        while not (tree / "started").exists():
            await asyncio.sleep(0.01)
        commit(on.repo, {"landed.py": "L = 1\n"}, "meanwhile")
        while not (messages := await told(on, busy)):
            await asyncio.sleep(0.01)
        assert "your branch gets it when this job has ended" in messages[0].content
        assert not (tree / "landed.py").exists()
        (tree / "go").touch()
        await on.engine.until_idle()
        assert subjects(busy) == ["slow work"]
        assert has_main(busy)
        [job] = await jobs(on, busy)
        assert job.files_changed == ("slow.py",), "what landed is not its work"


async def test_commits_that_others_have_are_not_rewritten(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        giver = await session(on, {"given.py": "G = 1\n"})
        head = git(Path(giver.worktree), "rev-parse", "HEAD")
        git(on.repo, "update-ref", "refs/remotes/origin/whatever", head)
        await land(on, {"landed": "x"})
        [done] = await syncs(on, giver)
        assert done.kind is SyncKind.merge
        assert git(Path(giver.worktree), "rev-parse", "HEAD^1") == head
        await request_undo(on.deps)
        await on.engine.until_idle()
        assert git(Path(giver.worktree), "rev-parse", "HEAD") == head


async def test_a_rewritten_main_is_told_and_never_followed(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        await land(on, {"dropped.py": "x"}, "to be dropped")
        stands_on_it = await session(on, {"own.py": "O = 1\n"})
        before = git(Path(stands_on_it.worktree), "rev-parse", "HEAD")
        dropped = git(on.repo, "rev-parse", "HEAD")
        git(on.repo, "reset", "-q", "--hard", "HEAD~1")
        await on.engine.until_idle()
        assert "was rewritten" in (await last(on, EventKind.main_moved)).text
        assert "was rewritten" in (await told(on, stands_on_it))[0].content
        await land(on, {"new.py": "x"}, "on top of the rewritten one")
        assert git(Path(stands_on_it.worktree), "rev-parse", "HEAD") == before
        assert f"it stands on {dropped[:10]}, which main had and no longer has" in (await last(on, EventKind.sync_left)).text
        git(on.repo, "reflog", "expire", "--expire=now", "--all")
        git(on.repo, "gc", "-q", "--prune=now")
        assert git(on.repo, "cat-file", "-t", dropped) == "commit"


@pytest.mark.parametrize(
    ("mess", "line_"),
    [
        ("rebase", "a rebase is not finished in"),
        ("detached", "HEAD is detached in"),
        ("worktree gone", "its worktree is gone — `git worktree prune && git worktree add"),
        ("branch gone", "is gone — `git branch"),
        ("ignored file", "ignored files are in the way"),
    ],
)
async def test_who_is_in_the_middle_of_something_is_left_alone_and_told_why(tmp_path: Path, mess: str, line_: str) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one, other = await session(on, {"own.py": "mine\n"}), await session(on)
        tree = Path(one.worktree)
        match mess:
            case "rebase":
                git(on.repo, "branch", "elsewhere")
                git(
                    on.repo,
                    "update-ref",
                    "refs/heads/elsewhere",
                    git(on.repo, "commit-tree", "-p", "main", "-m", "x", f"{one.branch}^{{tree}}"),
                )
                commit(tree, {"own.py": "again\n"}, "again")
                with pytest.raises(AssertionError):
                    git(tree, "rebase", "-q", "elsewhere", "--exec", "false")
            case "detached":
                git(tree, "checkout", "-q", "--detach")
            case "worktree gone":
                tree.rename(tmp_path / "by hand")
            case "branch gone":
                git(on.repo, "update-ref", "-d", f"refs/heads/{one.branch}")
            case _:
                (tree / ".gitignore").write_text("secret\n")
                (tree / "secret").write_text("mine\n")
        was = git(tree, "status", "--porcelain") if tree.is_dir() and mess != "branch gone" else ""
        await land(on, {"secret": "theirs\n"})
        await land(on, {"more": "x\n"})

        left = await on.events(EventKind.sync_left)
        assert [e.session_id for e in left] == [one.id, one.id], "once for each move"
        assert line_ in left[0].text
        assert [s.state for s in await syncs(on, one) if s.onto] == []
        assert has_main(other), "the others are brought up all the same"
        if was:
            assert git(tree, "status", "--porcelain") == was
        if mess == "rebase":
            git(tree, "rebase", "--quit")
            git(tree, "checkout", "-q", one.branch)
            await request_sync(on.deps, [one.id])
            await on.engine.until_idle()
            assert has_main(one)


async def test_a_deleted_main_is_told_and_comes_back(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one = await session(on)
        head = git(on.repo, "rev-parse", "main")
        git(on.repo, "checkout", "-q", "--detach")
        git(on.repo, "branch", "-D", "main")
        await on.engine.until_idle()
        assert (
            await last(on, EventKind.main_moved)
        ).text == f"main is gone; it was at {head[:10]} — `git branch main {head[:10]}` brings it back"
        git(on.repo, "branch", "main", head)
        git(on.repo, "checkout", "-q", "main")
        await land(on, {"x": "x"})
        assert has_main(one)


async def test_a_move_while_no_engine_ran_is_noticed_by_the_next_one_and_once(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one = await session(on, {"own.py": "O = 1\n"})
        await on.engine.until_idle()
    commit(tmp_path / "repo", {"x": "x"}, "in the night")
    git(tmp_path / "repo", "pack-refs", "--all")
    for _ in range(2):
        async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
            await on.engine.until_idle()
            assert ["in the night" in e.text for e in await on.events(EventKind.main_moved)] == [False, True]
            assert len(await told(on, one)) == 1
            assert [s.state for s in await syncs(on, one)] == [SyncState.done]
            await on.forget_progress()


@pytest.mark.parametrize("how", ["update-ref", "pack-refs", "pull"])
async def test_whoever_moves_main_is_seen_within_half_a_second(tmp_path: Path, how: str) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        await on.engine.until_idle()
        new = git(on.repo, "commit-tree", "-p", "main", "-m", how, "main^{tree}")
        match how:
            case "update-ref":
                git(on.repo, "update-ref", "refs/heads/main", new)
            case "pack-refs":
                git(on.repo, "update-ref", "refs/heads/main", new)
                git(on.repo, "pack-refs", "--all", "--prune")
            case _:
                git(on.repo, "clone", "-q", ".", str(tmp_path / "far"))
                commit(tmp_path / "far", {"x": "x"}, "far away")
                git(on.repo, "pull", "-q", str(tmp_path / "far"), "main")
        moved = asyncio.get_running_loop().time()
        while (await last(on, EventKind.main_moved)).data["new"] != git(on.repo, "rev-parse", "main"):
            await asyncio.sleep(0.02)
        assert asyncio.get_running_loop().time() - moved < 0.5


@pytest.mark.parametrize("cut_off", ["before anything moved", "files moved", "all moved", "went its own way"])
async def test_a_run_that_was_cut_off_is_finished(tmp_path: Path, cut_off: str) -> None:
    """The state as ``kill -9`` leaves it at each step, made by taking steps of a whole run back."""
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one = await session(on, {"own.py": "O = 1\n"})
        tree = Path(one.worktree)
        (tree / "own.py").write_text("O = 2\n")
        await land(on, {"landed.py": "L = 1\n", "shop/cart.py": CART})
        [done] = await syncs(on, one)
        async with on.store.writing() as tx:
            await tx.put(done.model_copy(update={"state": SyncState.begun}))
            await tx.record(NewEvent(kind=EventKind.sync_begun, project_id=on.deps.project.id, text="cut off here"))
        if cut_off != "all moved":
            git(tree, "update-ref", f"refs/heads/{one.branch}", done.before)
            git(tree, "read-tree", done.before)
        if cut_off in {"before anything moved", "went its own way"}:
            git(tree, "checkout", "-q", done.dirty, "--", ".")
            git(tree, "reset", "-q")
            (tree / "landed.py").unlink()
        if cut_off == "went its own way":
            commit(tree, {}, "meanwhile")
        await request_sync(on.deps, [one.id])
        await on.engine.until_idle()

        assert has_main(one)
        assert (tree / "own.py").read_text() == "O = 2\n"
        assert (tree / "landed.py").exists()
        assert [s.state for s in await syncs(on, one) if s.state is SyncState.begun] == []
        if cut_off == "went its own way":
            assert subjects(one) == ["meanwhile", f"work of {one.id}"]
        else:
            assert git(tree, "rev-parse", "HEAD") == done.after
            assert git(tree, "status", "--porcelain") == " M own.py"
            await request_undo(on.deps, one.id)
            await on.engine.until_idle()
            assert git(tree, "rev-parse", "HEAD") == done.before
            assert git(tree, "status", "--porcelain") == " M own.py"


async def test_undo_does_not_throw_away_what_came_since(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        one = await session(on, {"own.py": "O = 1\n"})
        tree = Path(one.worktree)
        before = git(tree, "rev-parse", "HEAD")
        await land(on, {"landed.py": "L = 1\n"})
        newer = git(commit(tree, {"newer.py": "N = 1\n"}, "newer"), "rev-parse", "HEAD")
        await request_undo(on.deps, one.id)
        await on.engine.until_idle()
        assert "its branch has 1 commit since — `--force` keeps them under a ref" in (await last(on, EventKind.sync_left)).text
        assert git(tree, "rev-parse", "HEAD") == newer
        await request_undo(on.deps, one.id, force=True)
        await on.engine.until_idle()
        assert git(tree, "rev-parse", "HEAD") == before
        assert git(on.repo, "rev-parse", f"refs/televibe/undone/{one.id}/K1") == newer
        await request_undo(on.deps, one.id)
        await on.engine.until_idle()
        assert "never brought up, or that was taken back already" in (await last(on, EventKind.sync_left)).text


async def test_a_stopped_or_closed_or_adopted_one(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, queue=MemoryQueue()) as on:
        stopped, reviewer = await session(on), await session(on, role="reviewer")
        git(on.repo, "branch", "theirs")
        adopted = await adopt_session(on.deps, "theirs")
        await stop_session(on.deps, stopped.id)
        await land(on, {"x": "x"})
        assert [has_main(s) for s in (stopped, reviewer, adopted)] == [False, True, True]
        assert await told(on, stopped)
        await request_sync(on.deps, [stopped.id])
        await on.engine.until_idle()
        assert has_main(stopped)
        async with on.store.reading() as store:
            assert (await store.session(stopped.id)).state is SessionState.stopped


async def test_a_tester_may_merge_what_landed_although_it_may_not_write_it(tmp_path: Path) -> None:
    script = SCRIPT.replace("path: shop/cart.py", "path: tests/test_cart.py")
    async with line(tmp_path, script, queue=MemoryQueue()) as on:
        tester = await session(on, {"tests/test_cart.py": "# mine\n"}, role="tester")
        await land(on, {"tests/test_cart.py": "# landed\n", "shop/cart.py": CART})
        [job] = await jobs(on, tester)
        assert (job.state, job.set_aside) == (JobState.done, "")
        assert has_main(tester)
        assert (Path(tester.worktree) / "shop/cart.py").read_text() == CART
