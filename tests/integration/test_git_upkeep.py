"""Git, for real: a branch and its worktree brought up to another commit and back, and whatever stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.boundaries.git.repository import Repository
from orchestrator.nouns.errors import GitError, MergeConflict, NotReady
from orchestrator.nouns.repo import Saved
from tests.repos import commit, git, make_repo

FILES = {"src/a.py": "one\ntwo\nthree\nfour\nfive\n", "src/b.py": "b = 1\n", "old.txt": "old\n", ".gitignore": "*.secret\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", FILES)


async def session(repo: Path, tmp_path: Path, branch: str = "work") -> tuple[Repository, Path]:
    project = await Repository.open(str(repo))
    await project.add_worktree(str(tmp_path / branch), branch, "main")
    return project, tmp_path / branch


async def up(project: Repository, tree: Path, branch: str = "work") -> tuple[Saved, Saved]:
    """Rebase the branch and what is not committed onto main; (before, after)."""
    onto = await project.resolve("main") or ""
    was = await project.saved(str(tree))
    head = await project.rebased(was.head, onto)
    dirty = await project.carried(was.dirty, was.head, head) if was.dirty else ""
    staged = await project.carried(was.staged, was.head, head) if was.staged else ""
    new = Saved(head=head, dirty=dirty, staged=staged)
    await project.move(str(tree), branch, was=was, new=new, why="rebase")
    return was, new


async def test_commits_keep_author_and_message_and_dirty_work_comes_along(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    (tree / "mine.py").write_text("mine = 1\n")
    git(tree, "add", "mine.py")
    git(
        tree,
        "commit",
        "-q",
        "-m",
        "add mine\n\nTeleVibe-Job: J1",
        "--author",
        "Eve Ö <eve@example.org>",
        "--date",
        "2026-01-02T03:04:05+0600",
    )
    commit(tree, {"src/a.py": "one\ntwo\nthree\nfour\nFIVE\n"}, "five")
    (tree / "src/b.py").write_text("b = 2\n")
    git(tree, "add", "src/b.py")
    (tree / "src/b.py").write_text("b = 3\n")
    (tree / "untracked ä.txt").write_text("u\n")
    (tree / "key.secret").write_text("s\n")
    before = git(tree, "status", "--porcelain")
    git(repo, "rm", "-q", "old.txt")
    commit(repo, {"src/a.py": "ONE\ntwo\nthree\nfour\nfive\n", "landed.py": "l = 1\n"}, "landed")
    was, new = await up(project, tree)

    assert git(tree, "log", "--format=%s", "work") == "five\nadd mine\nlanded\nstart"
    assert git(tree, "log", "-1", "--format=%an <%ae> %ad|%B", "--date=iso-strict", "work~1").rstrip() == (
        "Eve Ö <eve@example.org> 2026-01-02T03:04:05+06:00|add mine\n\nTeleVibe-Job: J1"
    )
    assert (tree / "src/a.py").read_text() == "ONE\ntwo\nthree\nfour\nFIVE\n"
    assert git(tree, "status", "--porcelain") == before, "staged is staged, untracked is untracked"
    assert git(tree, "show", ":src/b.py") == "b = 2"
    assert (tree / "src/b.py").read_text() == "b = 3\n"
    assert (tree / "landed.py").exists()
    assert not (tree / "old.txt").exists()
    assert (tree / "key.secret").read_text() == "s\n"
    git(repo, "fsck", "--strict")

    await project.move(str(tree), "work", was=new, new=was, why="undo")
    assert (git(tree, "rev-parse", "HEAD"), git(tree, "status", "--porcelain")) == (was.head, before)
    assert (tree / "old.txt").exists()
    assert not (tree / "landed.py").exists()


async def test_what_landed_already_is_not_committed_twice(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    commit(tree, {"src/b.py": "b = 2\n"}, "two")
    git(tree, "commit", "-q", "--allow-empty", "-m", "a note")
    commit(repo, {"x": "x"}, "x")
    git(repo, "cherry-pick", "work~1")
    await up(project, tree)
    assert git(tree, "log", "--format=%s", "main..work") == "a note"


@pytest.mark.parametrize("mine", ["committed", "dirty"])
async def test_a_conflict_names_its_files_and_has_touched_nothing(repo: Path, tmp_path: Path, mine: str) -> None:
    project, tree = await session(repo, tmp_path)
    if mine == "committed":
        commit(tree, {"src/b.py": "b = 'mine'\n"}, "mine")
    (tree / "src/b.py").write_text("b = 'dirty'\n")
    commit(repo, {"src/b.py": "b = 'landed'\n"}, "landed")
    before = (git(tree, "rev-parse", "HEAD"), git(tree, "status", "--porcelain"))
    with pytest.raises(MergeConflict) as caught:
        await up(project, tree)
    assert caught.value.files == ("src/b.py",)
    assert (git(tree, "rev-parse", "HEAD"), git(tree, "status", "--porcelain")) == before
    assert (tree / "src/b.py").read_text() == "b = 'dirty'\n"


async def test_an_ignored_file_is_never_written_over(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    (tree / "my.secret").write_text("mine\n")
    (repo / "my.secret").write_text("theirs\n")
    git(repo, "add", "-f", "my.secret")
    git(repo, "commit", "-q", "-m", "a secret")
    with pytest.raises(NotReady, match=r"my\.secret"):
        await up(project, tree)
    assert (tree / "my.secret").read_text() == "mine\n"
    assert not git(tree, "status", "--porcelain")


async def test_a_branch_or_file_that_moved_meanwhile_stays_where_it_went(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    was = await project.saved(str(tree))
    commit(repo, {"x": "x"}, "x")
    new = Saved(head=await project.resolve("main") or "")
    (tree / "late.txt").write_text("late\n")
    with pytest.raises(NotReady, match="changed just now"):
        await project.move(str(tree), "work", was=was, new=new, why="forward")
    assert (tree / "late.txt").exists()
    (tree / "late.txt").unlink()
    git(repo, "update-ref", "refs/heads/work", git(commit(repo, {"y": "y"}, "y"), "rev-parse", "HEAD"))
    with pytest.raises(GitError):
        await project.move(str(tree), "work", was=was, new=new, why="forward")
    assert git(tree, "log", "-1", "--format=%s") == "y"
    assert not (tree / "x").exists(), "the files are as they were"


@pytest.mark.parametrize(
    ("doing", "why"),
    [
        ("rebase", "a rebase is not finished"),
        ("merge", "a merge is not finished"),
        ("cherry-pick", "a cherry-pick is not finished"),
        ("bisect", "a bisect is not finished"),
        ("stash", "files with conflicts are not settled"),
        ("detached", "HEAD is detached"),
        ("elsewhere", "is on other, not on work"),
        ("locked", "another git command is at work"),
        ("gone", "is gone"),
        ("nothing", ""),
    ],
)
async def test_a_user_in_the_middle_of_something_is_seen(repo: Path, tmp_path: Path, doing: str, why: str) -> None:
    project, tree = await session(repo, tmp_path)
    other = git(commit(repo, {"src/b.py": "b = 'landed'\n"}, "landed"), "rev-parse", "HEAD")
    commit(tree, {"src/b.py": "b = 'mine'\n"}, "mine")
    match doing:
        case "rebase" | "merge" | "cherry-pick":
            with pytest.raises(AssertionError):
                git(tree, doing, other)
        case "bisect":
            git(tree, "bisect", "start")
        case "stash":
            (tree / "src/b.py").write_text("b = 'dirty'\n")
            git(tree, "stash", "-q")
            commit(tree, {"src/b.py": "b = 'newer'\n"}, "newer")
            with pytest.raises(AssertionError):
                git(tree, "stash", "pop")
        case "detached":
            git(tree, "checkout", "-q", "--detach")
        case "elsewhere":
            git(tree, "checkout", "-q", "-b", "other")
        case "locked":
            Path(git(tree, "rev-parse", "--absolute-git-dir"), "index.lock").touch()
        case "gone":
            tree.rename(tmp_path / "moved by hand")
    found = await project.occupied(str(tree), "work")
    assert why in found
    assert bool(why) == bool(found)


async def test_nothing_of_the_repository_is_run(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    commit(tree, {"mine.py": "m = 1\n"}, "mine")
    commit(repo, {"x": "x"}, "x")
    (tree / "dirty").write_text("d")
    for hook in (
        "pre-rebase",
        "post-checkout",
        "post-rewrite",
        "post-merge",
        "reference-transaction",
        "post-index-change",
        "pre-commit",
    ):
        (repo / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (repo / ".git/hooks" / hook).chmod(0o755)
    git(repo, "config", "commit.gpgSign", "true")
    git(repo, "config", "rerere.enabled", "true")
    git(repo, "config", "gpg.program", "false")
    git(repo, "config", "core.editor", "false")
    await up(project, tree)
    merged = await project.merged(git(tree, "rev-parse", "HEAD"), await project.resolve("main") or "", "m")
    assert merged
    assert not (tmp_path / "ran").exists()
    assert not (repo / ".git/rr-cache").exists()


async def test_who_else_has_what(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    base = await project.resolve("main") or ""
    first = await project.head(str(commit(tree, {"m": "1"}, "first")))
    git(repo, "branch", "stacked", first)
    second = await project.head(str(commit(tree, {"m": "2"}, "second")))
    assert await project.also_elsewhere("work", base) == {first}
    git(repo, "update-ref", "refs/remotes/origin/work", second)
    assert await project.also_elsewhere("work", base) == {first, second}
    assert await project.containing(first) == {"work", "stacked"}
    assert await project.heads() == {"main": base, "stacked": first, "work": second}
    assert await project.changed_by([(second, base), (base, base)]) == {second: {"m"}, base: set()}
    assert await project.read_blobs([(first, "m"), (second, "m"), (base, "m")]) == {(first, "m"): b"1", (second, "m"): b"2"}


async def test_half_of_a_move_is_recognised(repo: Path, tmp_path: Path) -> None:
    project, tree = await session(repo, tmp_path)
    one = await project.head(str(tree))
    other = await project.head(str(commit(repo, {"src/a.py": "A\n", "x": "x"}, "both")))
    git(tree, "checkout", "-q", other, "--", "x")
    assert await project.mixture(await project.snapshot(str(tree)), one, other)
    (tree / "x").write_text("neither\n")
    assert not await project.mixture(await project.snapshot(str(tree)), one, other)
