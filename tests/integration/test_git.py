"""Git, for real: sessions in parallel, hostile repositories, conflicts that leave no trace, work that is never lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import Ran, require_git
from orchestrator.nouns.errors import BranchTaken, GitError, MergeConflict, NotReady
from orchestrator.nouns.repo import ChangeKind
from tests.repos import commit, git, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", {"a.txt": "one\n", "src/ä b.py": "x = 1\n"})


async def test_sixteen_sessions_at_once(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    start = await project.resolve("main") or ""
    heads = await asyncio.gather(*(project.add_worktree(str(tmp_path / f"w{n}"), f"work/{n}", start) for n in range(16)))

    assert heads == [start] * 16
    assert len(await project.checked_out()) == 17
    assert not list((repo / ".git").rglob("*.lock"))


async def test_nothing_of_the_repository_is_run(repo: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    trap = f"#!/bin/sh\ntouch {marker}\nexit 1\n"
    hooks = ["post-checkout", "pre-commit", "commit-msg", "post-merge", "pre-merge-commit", "reference-transaction", "post-commit"]
    for hook in hooks:
        (repo / ".git" / "hooks" / hook).write_text(trap)
        (repo / ".git" / "hooks" / hook).chmod(0o755)
    (tmp_path / "trap").write_text(trap)
    (tmp_path / "trap").chmod(0o755)
    git(repo, "config", "core.fsmonitor", str(tmp_path / "trap"))
    git(repo, "config", "diff.external", str(tmp_path / "trap"))
    git(repo, "config", "diff.x.textconv", str(tmp_path / "trap"))
    marker.unlink(missing_ok=True)
    project = await Repository.open(str(repo))
    tree = str(tmp_path / "w")
    start = await project.add_worktree(tree, "work", "main")
    (tmp_path / "w" / "b.txt").write_text("b\n")
    head = await project.commit_all(tree, "add b")
    await project.diff(start, head or "")
    await project.state(tree)
    await project.advance("main", head or "", start)

    assert not marker.exists()
    assert (repo / "b.txt").exists()


async def test_a_commit_carries_its_trailers_and_nothing_is_committed_twice(repo: Path) -> None:
    project = await Repository.open(str(repo))
    (repo / "new.txt").write_text("n")
    assert [c.kind for c in await project.changes(str(repo))] == [ChangeKind.added]
    assert await project.commit_all(str(repo), "add new", {"TeleVibe-Job": "J1"})
    assert await project.commit_all(str(repo), "again") is None
    assert "TeleVibe-Job: J1" in await project.last_message(str(repo))


@pytest.mark.parametrize("with_a_commit", [False, True])
async def test_a_repository_inside_is_not_committed_and_in_nobodys_way(repo: Path, with_a_commit: bool) -> None:
    project = await Repository.open(str(repo))
    git(repo, "init", "-q", "[in]side")
    (repo / "[in]side" / "x.txt").write_text("x\n")
    if with_a_commit:
        commit(repo / "[in]side", {}, "its own")
    assert await project.commit_all(str(repo), "nothing of ours") is None
    (repo / "new.txt").write_text("n\n")
    kept = await project.snapshot(str(repo))
    assert await project.commit_all(str(repo), "add new")

    assert await project.files("HEAD") == await project.files(kept) == ["a.txt", "new.txt", "src/ä b.py"]
    assert (repo / "[in]side" / "x.txt").exists()


async def test_a_conflict_names_its_files_and_leaves_everything_as_it_was(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    start = await project.head(str(repo))
    heads = []
    for side in ("left", "right"):
        await project.add_worktree(str(tmp_path / side), side, start)
        (tmp_path / side / "a.txt").write_text(f"{side}\n")
        heads.append(await project.commit_all(str(tmp_path / side), side))
    with pytest.raises(MergeConflict) as caught:
        await project.merge(str(tmp_path / "left"), [heads[1] or ""], "take over right")

    assert caught.value.files == ("a.txt",)
    assert await project.head(str(tmp_path / "left")) == heads[0]
    assert not await project.changes(str(tmp_path / "left"))


async def test_merging_says_whether_it_was_a_fast_forward(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    start = await project.add_worktree(str(tmp_path / "w"), "w", "main")
    commit(repo, {"c.txt": "c"}, "c")
    merged = await project.merge(str(tmp_path / "w"), [await project.resolve("main") or ""], "m")
    assert (merged.fast_forward, merged.unchanged) == (True, False)
    assert (await project.merge(str(tmp_path / "w"), [start], "m")).unchanged


async def test_a_snapshot_has_everything_and_touches_nothing(repo: Path) -> None:
    project = await Repository.open(str(repo))
    (repo / "a.txt").write_text("changed\n")
    (repo / "untracked.txt").write_text("u\n")
    before = git(repo, "status", "--porcelain")
    head = await project.head(str(repo))
    taken = await project.snapshot(str(repo))
    await project.keep("closed/S1", taken)

    assert git(repo, "show", f"{taken}:untracked.txt") == "u"
    assert git(repo, "status", "--porcelain") == before
    assert await project.head(str(repo)) == head
    assert git(repo, "rev-parse", "refs/televibe/closed/S1") == taken


async def test_files_are_read_in_one_go_whatever_their_names(repo: Path) -> None:
    project = await Repository.open(str(repo))
    found = await project.read_files("HEAD", ["src/ä b.py", "a.txt", "missing", "-x"])
    assert found == {"src/ä b.py": b"x = 1\n", "a.txt": b"one\n"}
    assert sorted(await project.files("HEAD")) == ["a.txt", "src/ä b.py"]


async def test_main_moves_only_from_where_it_was_expected(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    start = await project.add_worktree(str(tmp_path / "w"), "w", "main")
    (tmp_path / "w" / "a.txt").write_text("theirs\n")
    new = await project.commit_all(str(tmp_path / "w"), "new") or ""
    (repo / "a.txt").write_text("mine, not committed\n")
    with pytest.raises(NotReady, match=r"a\.txt"):
        await project.advance("main", new, start)
    assert (repo / "a.txt").read_text() == "mine, not committed\n"
    git(repo, "checkout", "-q", "a.txt")
    await project.advance("main", new, start)
    assert (repo / "a.txt").read_text() == "theirs\n"
    with pytest.raises(GitError, match="moved"):
        await project.advance("main", new, start)


async def test_a_taken_branch_is_said_to_be_taken(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    with pytest.raises(BranchTaken, match="exists already"):
        await project.add_worktree(str(tmp_path / "w"), "main", "main")
    with pytest.raises(BranchTaken, match="checked out elsewhere"):
        await project.adopt_worktree(str(tmp_path / "w"), "main")
    assert not (tmp_path / "w").exists()


async def test_removing_a_worktree_twice_is_fine(repo: Path, tmp_path: Path) -> None:
    project = await Repository.open(str(repo))
    await project.add_worktree(str(tmp_path / "w"), "w", "main")
    await project.remove_worktree(str(tmp_path / "w"))
    await project.remove_worktree(str(tmp_path / "w"))
    assert "w" in await project.branches()
    assert not (tmp_path / "w").exists()


async def test_where_there_is_no_repository_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="not in a git repository"):
        await Repository.open(str(tmp_path))
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(NotReady, match="bare"):
        await Repository.open(str(tmp_path / "bare.git"))


async def test_every_command_is_recorded(repo: Path) -> None:
    ran: list[Ran] = []
    project = await Repository.open(str(repo), ran.append)
    await project.branches()
    assert ran[-1].argv[0] == "for-each-ref"
    assert ran[-1].status == 0
    assert (await require_git()) >= (2, 38, 0)
