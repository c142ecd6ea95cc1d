"""Five hundred landings, a third red, in conflict or stale, killed with -9 in between: the default branch is green at every commit, and
no commit is lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.forked import forks
from tests.landings_scenario import BRANCHES, kinds
from tests.repos import git

KILLED_AT = (
    "git worktree add#3",
    "git merge#2",
    "written merge.landed#4",
    "written merge.evicted#9",
    "git update-ref#3",
    "node land#2",
)


async def test_five_hundred_landings(tmp_path: Path) -> None:
    async with forks("tests.landings_scenario") as server:
        killed = [await server.run(tmp_path, at=point) for point in KILLED_AT]
        assert await server.run(tmp_path) == 0, (tmp_path / "child.txt").read_text()[-3000:]
    assert killed.count(-9) >= 4, killed
    repo, made = tmp_path / "repo", json.loads((tmp_path / "heads.json").read_text())
    entries = json.loads((tmp_path / "entries.json").read_text())
    assert [e["branch"] for e in entries] == [f"b{n}" for n in range(BRANCHES)], "each was queued once"
    _nothing_is_lost(repo, made["heads"], entries)
    _each_ended_as_it_should(repo, entries)
    _green_at_every_commit(repo, made["start"])


def _nothing_is_lost(repo: Path, heads: dict[str, str], entries: list[dict[str, str]]) -> None:
    refs = git(repo, "for-each-ref", "--format=%(refname) %(objectname)", "refs/televibe/queue").splitlines()
    kept = dict(line.split() for line in refs)
    assert {e["branch"]: kept[f"refs/televibe/queue/{e['id']}"] for e in entries} == heads
    on_main = set(git(repo, "rev-list", "main").splitlines())
    assert all((heads[e["branch"]] in on_main) == (e["state"] == "landed") for e in entries), "landed is what is on main, and only that"


def _each_ended_as_it_should(repo: Path, entries: list[dict[str, str]]) -> None:
    ended = Counter((kind, entry["state"]) for kind, entry in zip(kinds(), entries, strict=True))
    of = Counter(kinds())
    assert ended == {
        ("good", "landed"): of["good"], ("red", "evicted"): of["red"], ("stale", "withdrawn"): of["stale"],
        ("conflict", "landed"): 1, ("conflict", "evicted"): of["conflict"] - 1,
    }, "of those that change the same line the first one lands"  # fmt: skip
    landed = git(repo, "log", "--first-parent", "--format=%P", "main")
    assert max(Counter(landed.split()).values()) == 1, "nothing landed twice"


def _green_at_every_commit(repo: Path, start: str) -> None:
    """What the check asks, asked of every tree that main ever was, without running it five hundred times."""
    commits = git(repo, "rev-list", "--first-parent", f"{start}..main").splitlines()
    assert len(commits) > 20
    pages = [(git(repo, "show", f"{commit}:a"), git(repo, "show", f"{commit}:b")) for commit in commits]
    assert all(one == other and "red" not in one for one, other in pages)
    assert pages[0][0].count("x") > pages[-1][0].count("x") > 0
