"""Git, for real: what commits changed by themselves, and a worktree put back whatever its agent did to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.boundaries.git.repository import Repository
from orchestrator.nouns.errors import GitError
from tests.repos import commit, git, make_repo

FILES = {"src/a.py": "one\ntwo\nthree\nfour\nfive\n", "src/b.py": "b = 1\n", "tests/test_a.py": "t = 1\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", FILES)


async def worktree(repo: Path, tmp_path: Path, branch: str = "work") -> tuple[Repository, Path, str]:
    project = await Repository.open(str(repo))
    base = await project.add_worktree(str(tmp_path / branch), branch, "main")
    return project, tmp_path / branch, base


class TestTouched:
    async def test_a_rename_touches_both_names_and_what_was_taken_back_nothing(self, repo: Path, tmp_path: Path) -> None:
        project, tree, base = await worktree(repo, tmp_path)
        git(tree, "mv", "src/b.py", "tests/ä\tb.py")
        commit(tree, {"src/a.py": "other\n"}, "move, and change")
        commit(tree, {"src/a.py": FILES["src/a.py"]}, "take the change back")
        head = await project.head(str(tree))
        assert await project.touched(base, head) == ["src/b.py", "tests/ä\tb.py"]

    async def test_what_was_given_is_not_ones_own(self, repo: Path, tmp_path: Path) -> None:
        project, tree, base = await worktree(repo, tmp_path)
        _, theirs, _ = await worktree(repo, tmp_path, "theirs")
        given = await project.head(str(commit(theirs, {"src/new.py": "n = 1\n", "src/a.py": "ONE\ntwo\nthree\nfour\nfive\n"}, "new")))
        commit(tree, {"tests/test_new.py": "t = 2\n"}, "test it")
        git(tree, "merge", "-q", "-m", "take over", given)
        head = await project.head(str(tree))
        assert await project.touched(base, head, [given]) == ["tests/test_new.py"]
        assert await project.touched(base, head) == ["src/a.py", "src/new.py", "tests/test_new.py"]

    @pytest.mark.parametrize(
        ("resolution", "own"),
        [("theirs", []), ("ours", []), ("by hand", ["src/a.py"])],
    )
    async def test_of_a_merge_what_its_author_added_counts(self, repo: Path, tmp_path: Path, resolution: str, own: list[str]) -> None:
        project, tree, _ = await worktree(repo, tmp_path)
        _, theirs, _ = await worktree(repo, tmp_path, "theirs")
        given = await project.head(str(commit(theirs, {"src/a.py": "1\ntwo\nthree\nfour\nfive\n", "src/b.py": "b = 3\n"}, "theirs")))
        base = await project.head(str(commit(tree, {"src/a.py": "uno\ntwo\nthree\nfour\nFIVE\n"}, "mine, from before")))
        with pytest.raises(AssertionError):
            git(tree, "merge", "-q", given)
        if resolution == "by hand":
            (tree / "src/a.py").write_text("1 uno\n")
        else:
            git(tree, "checkout", f"--{resolution}", "src/a.py")
        git(tree, "commit", "-qam", "merged")
        head = await project.head(str(tree))
        assert await project.touched(base, head, [given]) == own

    async def test_a_merge_that_throws_the_given_work_away_is_the_work_of_its_author(self, repo: Path, tmp_path: Path) -> None:
        project, tree, _ = await worktree(repo, tmp_path)
        _, theirs, _ = await worktree(repo, tmp_path, "theirs")
        given = await project.head(str(commit(theirs, {"src/b.py": "b = 3\n"}, "theirs")))
        git(tree, "merge", "-q", given)
        base = await project.head(str(tree))
        more = await project.head(str(commit(theirs, {"src/b.py": "b = 4\n"}, "more")))
        commit(tree, {"tests/x.py": "x = 1\n"}, "mine")
        git(tree, "merge", "-q", "-s", "ours", "-m", "ours", more)
        (tree / "src/b.py").write_text(FILES["src/b.py"])
        git(tree, "commit", "-q", "-a", "--amend", "-m", "evil")
        head = await project.head(str(tree))
        assert await project.touched(base, head, [more]) == ["src/b.py", "tests/x.py"]

    async def test_of_a_rewritten_branch_all_that_differs(self, repo: Path, tmp_path: Path) -> None:
        project, tree, _ = await worktree(repo, tmp_path)
        base = await project.head(str(commit(tree, {"src/b.py": "b = 2\n"}, "before")))
        (tree / "src/a.py").write_text("amended\n")
        git(tree, "commit", "-qa", "--amend", "-m", "rewritten")
        assert await project.touched(base, await project.head(str(tree))) == ["src/a.py"]


async def test_a_commit_of_some_paths(repo: Path, tmp_path: Path) -> None:
    project, tree, base = await worktree(repo, tmp_path)
    git(tree, "rm", "-q", "tests/test_a.py")
    (tree / "run.sh").write_text("#!/bin/sh\n")
    (tree / "run.sh").chmod(0o755)
    commit(tree, {"tests/test_a.py/in folder.py": "x\n", "src/a.py": "no\n"}, "all sorts")
    work = await project.head(str(tree))
    paths = ["run.sh", "tests/test_a.py", "tests/test_a.py/in folder.py"]
    made = await project.with_paths(base, work, paths, "what is allowed", {"TeleVibe-Job": "J1"})

    assert await project.touched(base, made) == paths
    assert git(repo, "ls-tree", made, "run.sh").startswith("100755")
    assert git(repo, "log", "-1", "--format=%(trailers:key=TeleVibe-Job,valueonly)", made).strip() == "J1"
    assert git(repo, "rev-parse", f"{made}^") == base
    assert await project.head(str(tree)) == work, "no branch moved"


@pytest.mark.parametrize("mess", ["other branch", "detached", "orphan", "rebase", "merge", "dirty", "nested"])
async def test_put_back_whatever_was_going_on(repo: Path, tmp_path: Path, mess: str) -> None:
    project, tree, base = await worktree(repo, tmp_path)
    (repo / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (repo / ".git" / "hooks" / "post-checkout").chmod(0o755)
    commit(tree, {"src/a.py": "mine\n"}, "mine")
    git(repo, "branch", "theirs", base)
    _, theirs, _ = await worktree(repo, tmp_path, "others")
    given = await project.head(str(commit(theirs, {"src/a.py": "theirs\n"}, "theirs")))
    (tmp_path / "ran").unlink(missing_ok=True)
    match mess:
        case "other branch":
            git(tree, "-c", "core.hooksPath=/dev/null", "checkout", "-q", "-b", "elsewhere")
        case "detached":
            git(tree, "-c", "core.hooksPath=/dev/null", "checkout", "-q", "--detach")
        case "orphan":
            git(tree, "-c", "core.hooksPath=/dev/null", "checkout", "-q", "--orphan", "void")
        case "rebase" | "merge":
            with pytest.raises(AssertionError):
                git(tree, "-c", "core.hooksPath=/dev/null", mess, given)
        case "dirty":
            (tree / "src/a.py").write_text("dirty\n")
            (tree / "src/new").mkdir()
            (tree / "src/new/file").write_text("x")
        case _:
            git(repo, "worktree", "add", "-q", "--force", str(tmp_path / "nested"), "work")
            (tmp_path / "ran").unlink(missing_ok=True)
    await project.put_back(str(tree), "work", base)

    state = await project.state(str(tree))
    assert (state.branch, state.head, state.dirty, state.untracked) == ("work", base, (), ())
    assert (tree / "src/a.py").read_text() == FILES["src/a.py"]
    assert not (tmp_path / "ran").exists(), "no hook was run"
    assert git(tree, "rev-parse", "work") == base
    git(tree, "commit", "-q", "--allow-empty", "-m", "work goes on")


async def test_branches_are_made_and_dropped_only_where_they_are_expected(repo: Path) -> None:
    project = await Repository.open(str(repo))
    base = await project.resolve("main") or ""
    await project.create_branch("feature/x", base)
    with pytest.raises(GitError):
        await project.create_branch("feature/x", base)
    with pytest.raises(GitError):
        await project.create_branch("feature/x/y", base)
    newer = git(commit(repo, {"x": "1"}, "x"), "rev-parse", "HEAD")
    with pytest.raises(GitError):
        await project.drop_branch("feature/x", newer)
    await project.drop_branch("feature/x", base)
    assert await project.branches() == ["main"]
    await project.keep("quarantine/S1/J1", base)
    await project.keep("quarantine/S1/J10", newer)
    await project.keep("quarantine/S12/J1", newer)
    assert await project.kept("quarantine/S1") == {
        "refs/televibe/quarantine/S1/J1": base,
        "refs/televibe/quarantine/S1/J10": newer,
    }
