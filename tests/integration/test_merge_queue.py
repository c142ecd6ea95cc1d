"""The merge queue with real git and a real engine: what lands, who is out and is told, what waits, what is taken back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from graphs.merge_queue import work_off
from orchestrator.engine.merging import approve, queue_named, queue_ready, withdraw
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.errors import Refused, TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import EntryState, MergeEntry
from orchestrator.nouns.work import GoalState
from tests.line import Line, line
from tests.repos import commit, git

SCRIPT = """
scripts:
  - when: {words: ["did not: check failed"]}
    steps:
      - run: "rm -f bad.txt"
      - commit: mended
      - finish: mended
  - when: {words: ["git could not merge it"]}
    steps:
      - run: "git merge -q main || (git checkout -q --theirs . && git add -A && git commit -q --no-edit)"
      - finish: merged
  - steps:
      - run: "echo made > made.txt"
      - commit: made
      - finish: made
"""
CHECK = "if [ -e bad.txt ]; then echo 'E   assert bad == good'; echo 'FAILED test_bad'; exit 1; fi"


CONFIG = "handoff_checks: false\nkeep_up: notify\n"


async def opened_shop(shop: Line, check: str = CHECK) -> None:
    """Another check than the tests of the sample, committed as the user would."""
    path = shop.repo / ".televibe" / "config.yaml"
    lines = [f"checks: [{json.dumps(check)}]" if text.startswith("checks:") else text for text in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    git(shop.repo, "commit", "-qam", "checks")


def branch(shop: Line, name: str, files: dict[str, str], *, start: str = "main") -> str:
    """A branch with one commit of these files; its head."""
    tree = shop.repo.parent / f"tree-{name.replace('/', '-')}"
    if not tree.exists():
        git(shop.repo, "worktree", "add", "-q", "-b", name, str(tree), start)
    commit(tree, files, name)
    return git(tree, "rev-parse", "HEAD")


async def ended(shop: Line, entry: MergeEntry) -> MergeEntry:
    await shop.engine.until_idle()
    async with shop.store.reading() as store:
        return await store.merge_entry(entry.id)


def files_of(shop: Line, commit_: str) -> set[str]:
    return set(git(shop.repo, "ls-tree", "-r", "--name-only", commit_).splitlines())


async def test_good_ones_land_on_each_other_and_the_bad_one_is_mended_by_its_session(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop)
        session = await new_session(shop.deps, "implementer", branch="work/bad")
        commit(Path(session.worktree), {"bad.txt": "x\n", "own.txt": "x\n"}, "bad")
        for name in ("a", "b", "c"):
            branch(shop, name, {f"{name}.txt": f"{name}\n"})
        start = git(shop.repo, "rev-parse", "main")
        a, bad, b, c = await queue_named(shop.deps, ["a", "S1", "b", "c"])
        bad = await ended(shop, bad)

        assert [(await ended(shop, e)).state for e in (a, b, c)] == [EntryState.landed] * 3
        assert {"a.txt", "b.txt", "c.txt"} <= files_of(shop, "main")
        assert (bad.state, "FAILED test_bad" in bad.log) == (EntryState.evicted, True)
        assert bad.reason.startswith("check failed: ")
        for sha in git(shop.repo, "rev-list", "--first-parent", f"{start}..main").splitlines():
            assert "bad.txt" not in files_of(shop, sha), "the default branch was never red"
        async with shop.store.reading() as store:
            [job] = await store.jobs(session_id="S1")
            to_user = [m for m in await store.messages(shop.deps.project.id) if m.to_session is None]
        assert "| E   assert bad == good" in job.brief
        assert [f"({bad.id}) did not land" in m.content for m in to_user] == [True]

        [again] = await queue_named(shop.deps, ["S1"])
        assert (await ended(shop, again)).state is EntryState.landed
        assert "own.txt" in files_of(shop, "main")
        with pytest.raises(Refused, match="has nothing that is not on main"):
            await queue_named(shop.deps, ["S1"])


async def test_a_conflict_names_the_other_side_and_is_asked_for_once(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT.replace("git merge -q main ||", "true #"), CONFIG) as shop:
        await opened_shop(shop)
        session = await new_session(shop.deps, "implementer", branch="work/late")
        commit(Path(session.worktree), {"shop/cart.py": "late\n"}, "late")
        branch(shop, "early", {"shop/cart.py": "early\n"})
        _, late = await queue_named(shop.deps, ["early", "work/late"])
        late = await ended(shop, late)
        assert late.state is EntryState.evicted
        assert late.reason == "the branches could not be merged: shop/cart.py — in conflict with main, which has early now"
        [again] = await queue_named(shop.deps, ["S1"])
        assert (await ended(shop, again)).state is EntryState.evicted
        async with shop.store.reading() as store:
            jobs = await store.jobs(session_id="S1")
        assert len(jobs) == 1, "its session was asked to settle it, once for this head"
        assert "git could not merge it" in jobs[0].instruction


async def test_what_agents_execute_waits_for_the_users_word_on_exactly_these_commits(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop)
        first = branch(shop, "rules", {"docs/claude.md": "obey\n"})
        branch(shop, "plain", {"plain.txt": "x\n"})
        rules, plain = await queue_named(shop.deps, ["rules", "plain"])
        assert (await ended(shop, plain)).state is EntryState.landed, "who waits stands in nobody's way"
        assert (await ended(shop, rules)).sensitive == ("docs/claude.md",)
        assert "docs/claude.md" not in files_of(shop, "main")

        branch(shop, "rules", {".github/workflows/x.yml": "run: evil\n"})
        await approve(shop.deps, rules.id)
        assert (await ended(shop, rules)).state is EntryState.landed
        assert git(shop.repo, "rev-list", "--count", f"{first}..main", "--", ".github") == "0", "only what was looked at"
        [more] = await queue_named(shop.deps, ["rules"])
        assert (await ended(shop, more)).state is EntryState.waiting
        await withdraw(shop.deps, more.id)
        with pytest.raises(Refused, match="it is withdrawn"):
            await approve(shop.deps, more.id)


async def test_the_checks_are_those_of_the_default_branch_and_not_of_who_wants_to_land(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop)
        lenient = git(shop.repo, "show", "main:.televibe/config.yaml").replace(f"checks: [{json.dumps(CHECK)}]", "checks: []")
        branch(shop, "sly", {".televibe/config.yaml": lenient, "bad.txt": "x\n"})
        (shop.repo / ".televibe" / "config.yaml").write_text(lenient)
        [sly] = await queue_named(shop.deps, ["sly"])
        assert (await ended(shop, sly)).sensitive == (".televibe/config.yaml",)
        await approve(shop.deps, sly.id)
        assert (await ended(shop, sly)).reason.startswith("check failed")


async def test_a_branch_that_is_rewritten_or_deleted_does_not_land_and_is_kept(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")
        heads = {name: branch(shop, name, {f"{name}.txt": "x\n"}) for name in ("gone", "new", "on", "stays")}
        entries = dict(zip(heads, await queue_named(shop.deps, list(heads)), strict=True))
        while not await shop.events(EventKind.merge_checking):
            await shop.store.wait_for_news(0, 0.1)
        git(shop.repo, "worktree", "remove", "--force", str(tmp_path / "tree-gone"))
        git(shop.repo, "branch", "-qD", "gone")
        git(tmp_path / "tree-new", "commit", "-q", "--amend", "-m", "rewritten")
        branch(shop, "on", {"later.txt": "x\n"})
        (tmp_path / "go").touch()
        states = {name: (await ended(shop, entry)).state for name, entry in entries.items()}
        assert states == {
            "gone": EntryState.withdrawn,
            "new": EntryState.withdrawn,
            "on": EntryState.landed,
            "stays": EntryState.landed,
        }
        for name, entry in entries.items():
            assert git(shop.repo, "rev-parse", f"refs/televibe/queue/{entry.id}") == heads[name]
        assert not {"gone.txt", "new.txt", "later.txt"} & files_of(shop, "main"), "what was queued is what lands"


async def test_main_moves_by_hand_while_it_is_checked_and_a_long_check_holds_up_nobody(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop, f"cat seen.txt 2>/dev/null; until [ -e {tmp_path}/go ]; do sleep 0.05; done; test ! -e bad.txt")
        branch(shop, "slow", {"bad.txt": "x\n"})
        branch(shop, "good", {"good.txt": "x\n"})
        slow, good = await queue_named(shop.deps, ["slow", "good"])
        while not await shop.events(EventKind.merge_checking):
            await shop.store.wait_for_news(0, 0.1)
        goal = await shop.give("Add a file")
        await shop.until(goal, GoalState.landing)  # a goal takes its way beside the long check
        await withdraw(shop.deps, slow.id)
        by_hand = git(commit(shop.repo, {"by_hand.txt": "x\n"}, "by hand"), "rev-parse", "HEAD")
        (tmp_path / "go").touch()
        good = await ended(shop, good)
        assert (good.state, (await ended(shop, slow)).state) == (EntryState.landed, EntryState.withdrawn)
        assert (await shop.goal(goal)).state is GoalState.landed
        assert git(shop.repo, "merge-base", by_hand, good.landed_commit) == by_hand, "checked again on top of it"
        assert "bad.txt" not in files_of(shop, "main")


async def test_a_default_branch_that_fails_by_itself_is_nobodys_fault_and_can_be_mended(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop)
        commit(shop.repo, {"bad.txt": "x\n"}, "red by hand")
        session = await new_session(shop.deps, "implementer", branch="work/x")
        commit(Path(session.worktree), {"x.txt": "x\n"}, "x")
        [x] = await queue_named(shop.deps, ["S1"])
        assert "fails on main itself too" in (await ended(shop, x)).reason
        async with shop.store.reading() as store:
            assert await store.jobs(session_id="S1") == [], "it is asked to mend nothing"
        tree = tmp_path / "tree-mend"
        git(shop.repo, "worktree", "add", "-q", "-b", "mend", str(tree), "main")
        git(tree, "rm", "-q", "bad.txt")
        git(tree, "commit", "-qm", "mend")
        mend, x = await queue_named(shop.deps, ["mend", "S1"])
        assert [(await ended(shop, e)).state for e in (mend, x)] == [EntryState.landed] * 2


async def test_all_that_is_ready_lands_without_checks_and_says_so(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        text = (shop.repo / ".televibe" / "config.yaml").read_text().splitlines()
        (shop.repo / ".televibe" / "config.yaml").write_text("\n".join(t for t in text if not t.startswith("checks:")) + "\n")
        git(shop.repo, "commit", "-qam", "no checks")
        for name in ("one", "dirty", "nothing"):
            session = await new_session(shop.deps, "implementer", branch=f"work/{name}")
            if name != "nothing":
                commit(Path(session.worktree), {f"{name}.txt": "x\n"}, name)
            if name == "dirty":
                (Path(session.worktree) / "half.txt").write_text("half")
        [entry] = await queue_ready(shop.deps)
        assert (await ended(shop, entry)).state is EntryState.landed
        assert [e.data["unchecked"] for e in await shop.events(EventKind.merge_checked)] == [True]
        with pytest.raises(Refused, match="nothing is ready"):
            await queue_ready(shop.deps)
        await asyncio.wait_for(work_off(shop.deps), 10)


async def test_who_is_not_the_integrator_does_not_land(tmp_path: Path) -> None:
    strategy = "conflicts: {strategy: integrator, integrator: S2}\n"
    async with line(tmp_path, SCRIPT, CONFIG + strategy) as shop:
        await opened_shop(shop)
        for name in ("mine", "theirs"):
            session = await new_session(shop.deps, "implementer", branch=f"work/{name}")
            commit(Path(session.worktree), {f"{name}.txt": "x\n"}, name)
        one, two = await queue_named(shop.deps, ["S1", "S2"])
        assert "mine.txt lands from the branch of S2 only" in (await ended(shop, one)).reason
        assert (await ended(shop, two)).state is EntryState.landed


async def test_what_landed_is_pushed_and_a_remote_that_is_away_stands_in_nobodys_way(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG + "merge: {push: origin}\n") as shop:
        await opened_shop(shop)
        git(tmp_path, "init", "-q", "--bare", "remote.git")
        git(shop.repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
        branch(shop, "a", {"a.txt": "x\n"})
        [a] = await queue_named(shop.deps, ["a"])
        landed = (await ended(shop, a)).landed_commit
        assert git(tmp_path / "remote.git", "rev-parse", "main") == landed
        (tmp_path / "remote.git").rename(tmp_path / "away.git")
        branch(shop, "b", {"b.txt": "x\n"})
        [b] = await queue_named(shop.deps, ["b"])
        assert (await ended(shop, b)).state is EntryState.landed
        assert [e.data["ok"] for e in await shop.events(EventKind.merge_pushed)] == [True, False]


async def test_a_check_that_edits_the_tree_changes_nothing_that_lands(tmp_path: Path) -> None:
    commits = "git -c user.name=Eve -c user.email=eve@example.org commit -qam sly"
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await opened_shop(shop, f"echo edited >> README.md; {commits}; git rm -q shop/cart.py; touch new.txt")
        branch(shop, "a", {"a.txt": "x\n"})
        [a] = await queue_named(shop.deps, ["a"])
        assert (await ended(shop, a)).state is EntryState.landed
        assert "edited" not in git(shop.repo, "show", "main:README.md")
        assert {"shop/cart.py", "a.txt"} <= files_of(shop, "main")
        assert "new.txt" not in files_of(shop, "main")
        told = [e.text for e in await shop.events(EventKind.merge_checked) if "tree" in e.data]
        assert "it edits shop/cart.py, HEAD, which does not land" in told[0]
        assert git(shop.repo, "worktree", "list").count("landing-") == 0


async def test_what_cannot_be_queued_or_approved_is_refused_with_the_way_out(tmp_path: Path) -> None:
    async with line(tmp_path, SCRIPT, CONFIG) as shop:
        await new_session(shop.deps, "implementer", branch="work/nothing")
        for names, words in {
            ("nowhere",): "there is no session or branch nowhere",
            ("main",): "main is where things land",
            ("work/nothing",): "work/nothing has nothing that is not on main",
            ("s1",): "work/nothing has nothing that is not on main",
        }.items():
            with pytest.raises(TeleVibeError, match=words):
                await queue_named(shop.deps, names)
        with pytest.raises(TeleVibeError, match="nothing E9 waits to land"):
            await approve(shop.deps, "e9")
        head = branch(shop, "a", {"a.txt": "x\n"})
        git(shop.repo, "update-ref", "refs/heads/unrelated", git(shop.repo, "commit-tree", "-m", "alone", f"{head}^{{tree}}"))
        [alone] = await queue_named(shop.deps, ["unrelated"])
        assert "unrelated histories" in (await ended(shop, alone)).reason
