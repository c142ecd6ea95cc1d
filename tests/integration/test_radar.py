"""The radar's git side: it says of every pair what git says, runs nothing of the user's, and leaves the repository as it is."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graphs.radar import Surveys
from orchestrator.boundaries.git.radar import QuarantinedRadar, open_radar
from orchestrator.nouns.compared import Merge
from orchestrator.nouns.conflict import Cause
from tests.colliding import by_merge, by_merge_tree, make_colliding
from tests.repos import WHO, commit, git, make_repo


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_colliding(tmp_path_factory.mktemp("radar") / "repo")


@pytest_asyncio.fixture
async def radar(repo: Path) -> AsyncIterator[QuarantinedRadar]:
    async with open_radar(str(repo)) as radar:
        yield radar


def stages_of(merge: Merge) -> set[tuple[str, str, str, str]]:
    return {(str(stage.number), stage.mode, stage.blob, stage.path) for stage in merge.stages}


async def test_every_pair_is_merged_as_git_merges_it(repo: Path, radar: QuarantinedRadar) -> None:
    heads = await radar.heads()
    bases = await radar.bases(heads.values())
    chosen = [name for name in heads if name not in {"attributes", "unrelated"}]
    pairs = list(itertools.combinations(chosen, 2))
    merges = await radar.merges([(heads[a], heads[b]) for a, b in pairs])
    # One of git's own for every seventh pair, and for all that are in conflict
    told = [n for n, merge in enumerate(merges) if not merge.clean or n % 7 == 0]
    for n in told:
        a, b = pairs[n]
        clean, tree, stages, kinds = by_merge_tree(repo, heads[a], heads[b])
        mine = merges[n]
        assert (mine.clean, mine.tree, stages_of(mine), [said.kind for said in mine.said]) == (clean, tree, stages, kinds), (a, b)
        assert bases.of(heads[a], heads[b]), (a, b)
    assert sum(not merge.clean for merge in merges) > 30


REAL = [
    ("union", "union-too"),
    ("whole", "whole-too"),
    ("attributes", "edit-top-too"),
    ("edit-top-too", "attributes"),
    ("cross-b", "cross-c"),
    ("directory-renamed", "add-in-directory"),
    ("rename", "rename-and-edit"),
    ("to-symlink", "symlink-or-edit"),
    ("submodule", "submodule-too"),
    ("executable", "script-edited"),
]
"""Pairs that are merged in a worktree, where attributes come from its files. A driver that no setting defines counts as none."""


async def test_a_merge_in_a_worktree_ends_the_same(repo: Path, radar: QuarantinedRadar, tmp_path: Path) -> None:
    heads = await radar.heads()
    git(repo, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "main")
    try:
        for (a, b), mine in zip(REAL, await radar.merges([(heads[a], heads[b]) for a, b in REAL]), strict=True):
            clean, tree, entries = by_merge(tmp_path / "tree", heads[a], heads[b])
            assert mine.clean == clean, (a, b)
            assert (mine.tree if clean else stages_of(mine)) == (tree if clean else entries), (a, b)
    finally:
        git(repo, "worktree", "remove", "--force", str(tmp_path / "tree"))
    both = await radar.merges([(heads["union"], heads["union-too"]), (heads["whole"], heads["whole-too"])])
    assert [merge.clean for merge in both] == [True, False]


async def test_what_a_survey_does_not_merge_is_clean(repo: Path, radar: QuarantinedRadar) -> None:
    heads = await radar.heads()
    survey = await Surveys(radar).of(heads)
    pairs = [pair for pair in survey.outcomes if "unrelated" not in pair]
    merges = await radar.merges([(heads[a], heads[b or ""]) for a, b in pairs])
    assert {pair for pair, merge in zip(pairs, merges, strict=True) if not merge.clean} == {
        pair for pair in survey.findings if "unrelated" not in pair
    }
    assert survey.checked < survey.pairs / 5
    [alone] = survey.outcomes["unrelated", "whole"].findings
    assert alone.cause is Cause.unrelated
    [hunk] = survey.outcomes["edit-top", "edit-top-too"].findings
    assert (hunk.cause, hunk.a[0].line, hunk.a[0].text, hunk.b[0].text) == (Cause.content, 3, "top", "another top")
    causes = {found.cause for some in survey.findings.values() for found in some}
    assert causes == {cause for cause in Cause if list(Cause).index(cause) <= list(Cause).index(Cause.unrelated)}


async def test_merge_bases_are_those_of_git(repo: Path, radar: QuarantinedRadar) -> None:
    heads = await radar.heads()
    chosen = ["main", "edit-top", "cross-a", "cross-b", "cross-c"]
    for names in (chosen, [*chosen, "unrelated"]):
        bases = await radar.bases([heads[name] for name in names])
        for a, b in itertools.combinations(chosen, 2):
            assert set(bases.of(heads[a], heads[b])) == set(git(repo, "merge-base", "--all", heads[a], heads[b]).split()), (a, b)
    assert bases.of(heads["unrelated"], heads["main"]) == ()


async def test_a_commit_that_is_gone_spoils_no_other_pair(radar: QuarantinedRadar) -> None:
    heads = await radar.heads()
    pair, gone = (heads["edit-top"], heads["edit-top-too"]), ("12" * 20, heads["main"])
    first, lost, second = await radar.merges([pair, gone, pair])
    assert (first, lost.failed != "") == (second, True)
    survey = await Surveys(radar).of({"a": pair[0], "gone": gone[0], "b": pair[1]})
    assert set(survey.findings) == {("a", "b")}
    assert survey.unknown["a", "gone"] == "a commit is gone: the branch was deleted or moved meanwhile"


def state_of(root: Path) -> dict[str, tuple[int, int]]:
    """Every file's time and size; of an object, which git marks as fresh when it meets it again, the size."""
    files = {str(path): path.lstat() for path in root.rglob("*")}
    return {path: (0 if "/.git/objects/" in path else found.st_mtime_ns, found.st_size) for path, found in files.items()}


async def test_nothing_of_the_users_is_run_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, trap = tmp_path / "mark", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {mark}\nexec cat\n')
    trap.chmod(0o755)
    attributes = "*.py merge=evil filter=evil diff=evil\n"
    repo = make_repo(tmp_path / "repo", {"a.py": "a = 1\nb = 2\n", ".gitattributes": attributes, ".gitignore": "*.log\n"})
    for branch in ("one", "two"):
        git(repo, "checkout", "-q", "-b", branch, "main")
        commit(repo, {"a.py": f"a = '{branch}'\nb = 2\n"}, branch)
    evil = {
        "core.hooksPath": str(tmp_path / "hooks"),
        "core.fsmonitor": str(trap),
        "merge.evil.driver": f"{trap} %A",
        "filter.evil.clean": str(trap),
        "filter.evil.smudge": str(trap),
        "diff.evil.textconv": str(trap),
        "diff.evil.command": str(trap),
        "diff.external": str(trap),
    }
    for key, value in evil.items():
        git(tmp_path, "config", "--file", "gitconfig", key, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "hooks").mkdir()
    for hook in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction", "post-commit"):
        (tmp_path / "hooks" / hook).symlink_to(trap)
    (repo / "a.py").write_text("a = 'not committed'\nb = 2\n")
    (repo / "new.py").write_text("n = 1\n")
    (repo / "seen.log").write_text("ignored\n")
    before = state_of(repo)

    async with open_radar(str(repo)) as radar:
        heads = await radar.heads()
        snapshot = await radar.snapshot(str(repo))
        survey = await Surveys(radar).of({**heads, "two": snapshot.commit})
        assert set(survey.findings) == {("one", "two")}
        await radar.differences([(heads["main"], heads["one"])])
        await radar.checked_out(heads["one"], heads["one"], tmp_path / "out")

    assert (tmp_path / "out" / "a.py").read_text() == "a = 'one'\nb = 2\n"
    assert not mark.exists(), mark.read_text()
    assert state_of(repo) == before
    # A file that a filter cleans is taken as committed: what its filter would give nobody can know without running it.
    assert snapshot.left_out == ("a.py", "new.py")


class TestSnapshot:
    async def test_it_has_all_that_is_not_ignored(self, tmp_path: Path) -> None:
        repo = make_repo(
            tmp_path / "repo", {"a.py": "a\n", "b.py": "b\n", "run.sh": "#!\n", "d/e.py": "e\n", ".gitignore": "*.log\nout/\n"}
        )
        (repo / "a.py").write_text("changed\n")
        (repo / "b.py").unlink()
        (repo / "run.sh").chmod(0o755)
        (repo / "new ä.py").write_text("new\n")
        (repo / "link").symlink_to("a.py")
        (repo / "README").write_text("1\n")
        (repo / "Readme").write_text("2\n")
        (repo / "out").mkdir()
        (repo / "out" / "x.py").write_text("ignored\n")
        (repo / "y.log").write_text("ignored\n")
        git(repo, "init", "-q", "inner")
        (repo / "inner" / "z.py").write_text("not ours\n")
        index = (repo / ".git" / "index").read_bytes()
        async with open_radar(str(repo)) as radar:
            snapshot = await radar.snapshot(str(repo))
            files = await radar.files(snapshot.commit)
            assert {path: mode for path, (mode, _) in files.items()} == {
                ".gitignore": "100644",
                "README": "100644",
                "Readme": "100644",
                "a.py": "100644",
                "d/e.py": "100644",
                "link": "120000",
                "new ä.py": "100644",
                "run.sh": "100755",
            }
            assert await radar.blobs([f"{snapshot.commit}:a.py", files["new ä.py"][1]]) == {
                f"{snapshot.commit}:a.py": b"changed\n",
                files["new ä.py"][1]: b"new\n",
            }
        assert (repo / ".git" / "index").read_bytes() == index
        assert snapshot.commit not in git(repo, "cat-file", "--batch-all-objects", "--batch-check")

    async def test_an_unchanged_worktree_costs_no_process(self, tmp_path: Path) -> None:
        repo = make_repo(tmp_path / "repo", {"a.py": "a\n"})
        (repo / "new.py").write_text("n\n")
        for path in (repo / "a.py", repo / "new.py"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        ran = list[str]()
        async with open_radar(str(repo), record=lambda one: ran.append(one.argv[0])) as radar:
            snapshot = await radar.snapshot(str(repo))
            while not snapshot_is_known(ran, again := await radar.snapshot(str(repo))):
                pass  # written so shortly before that its time tells nothing
            assert again == snapshot
            (repo / "new.py").write_text("other\n")
            changed = await radar.snapshot(str(repo))
            assert changed.commit != snapshot.commit
            git(repo, "add", "-A")
            git(repo, "commit", "-q", "-m", "committed")
            committed = await radar.snapshot(str(repo))
            assert committed.commit == committed.head == git(repo, "rev-parse", "HEAD")

    async def test_a_merge_in_progress_is_taken_as_committed(self, tmp_path: Path) -> None:
        repo = make_repo(tmp_path / "repo", {"a.py": "a\n", "b.py": "b\n"})
        git(repo, "checkout", "-q", "-b", "other")
        commit(repo, {"a.py": "theirs\n"}, "theirs")
        git(repo, "checkout", "-q", "main")
        commit(repo, {"a.py": "ours\n"}, "ours")
        subprocess.run(["git", "merge", "-q", "other"], cwd=repo, env={**os.environ, **WHO}, capture_output=True, check=False)
        (repo / "b.py").write_text("also changed\n")
        async with open_radar(str(repo)) as radar:
            snapshot = await radar.snapshot(str(repo))
            assert snapshot.left_out == ("a.py",)
            found = await radar.blobs([f"{snapshot.commit}:a.py", f"{snapshot.commit}:b.py"])
            assert list(found.values()) == [b"ours\n", b"also changed\n"]

    async def test_a_large_file_is_its_pointer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6\n"
        repo = make_repo(tmp_path / "repo", {"a.bin": pointer.format("0" * 64), ".gitattributes": "*.bin filter=lfs\n"})
        (tmp_path / "gitconfig").write_text('[filter "lfs"]\n\tclean = false\n\trequired = true\n')
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
        (repo / "a.bin").write_text("large\n")
        async with open_radar(str(repo)) as radar:
            snapshot = await radar.snapshot(str(repo))
            [content] = (await radar.blobs([f"{snapshot.commit}:a.bin"])).values()
        digest = subprocess.run(["sha256sum", repo / "a.bin"], capture_output=True, text=True, check=True).stdout.split()[0]
        assert content.decode() == pointer.format(digest)


def snapshot_is_known(ran: list[str], _again: object) -> bool:
    """Whether the last call started no process."""
    quiet = not ran
    ran.clear()
    return quiet


async def test_a_shallow_clone_and_a_sha256_repository(repo: Path, tmp_path: Path) -> None:
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--no-single-branch", f"file://{repo}", str(tmp_path / "shallow")],
        check=True,
        capture_output=True,
    )
    for branch in ("edit-top", "edit-top-too"):
        git(tmp_path / "shallow", "branch", branch, f"origin/{branch}")
    async with open_radar(str(tmp_path / "shallow")) as radar:
        heads = await radar.heads()
        survey = await Surveys(radar).of(heads)
        assert "shallow" in survey.findings["edit-top", "edit-top-too"][0].summary
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", "long")
    commit(tmp_path / "long", {"a.py": "a\n"}, "start")
    for branch in ("one", "two"):
        git(tmp_path / "long", "checkout", "-q", "-b", branch, "main")
        commit(tmp_path / "long", {"a.py": f"{branch}\n"}, branch)
    async with open_radar(str(tmp_path / "long")) as radar:
        assert set((await Surveys(radar).of(await radar.heads())).findings) == {("one", "two")}


async def test_a_place_is_used_again_and_what_was_left_there_is_gone(repo: Path, tmp_path: Path) -> None:
    place = tmp_path / "radar"
    for _ in range(2):
        async with open_radar(str(repo), place) as radar:
            heads = await radar.heads()
            [merge] = await radar.merges([(heads["edit-top"], heads["edit-top-too"])])
            assert merge.paths == ("pkg/a.py",)
            (place / "index-left").mkdir(exist_ok=True)  # as a process that is killed leaves it
        assert not list(place.glob("said-*"))
    async with open_radar(str(repo), place):
        assert not list(place.glob("index-*"))
