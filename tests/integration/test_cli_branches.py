"""``televibe sync`` and ``undo``, as a user types them: the engine that does it is started by the first of them, or runs already."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli import COMMAND
from tests.integration.test_cli_work import Shop
from tests.repos import commit, git


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, "keep_up: notify\n")


@contextmanager
def engine_of(shop: Shop) -> Iterator[None]:
    """An engine that stays up, as ``televibe up`` in another window. One that a command started is waited for."""
    shop.until_idle()
    env = {**os.environ, "TELEVIBE_HOME": str(shop.home)}
    with subprocess.Popen([COMMAND, "up"], cwd=shop.repo, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as up:
        assert up.stdout is not None
        assert up.stdout.readline()
        yield
        up.terminate()


def test_one_branch_is_brought_up_and_taken_back(shop: Shop) -> None:
    made = shop.json("session", "new")
    tree = Path(made["worktree"])
    before = git(commit(tree, {"own.py": "O = 1\n"}, "own"), "rev-parse", "HEAD")
    (tree / "dirty.py").write_text("D = 1\n")
    head = git(commit(shop.repo, {"landed.py": "L = 1\n"}, "landed"), "rev-parse", "HEAD")

    done = shop.json("sync", "s1")
    assert (done["branch"], done["commit"]) == ("main", head)
    [one] = done["sessions"]
    assert (one["session"], one["outcome"], one["before"], one["onto"]) == ("S1", "rebased", before, head)
    assert git(shop.repo, "rev-parse", one["backup"]) == before
    assert git(tree, "log", "--format=%s") == "own\nlanded\n" + git(shop.repo, "log", "--format=%s", "main~1")
    assert git(tree, "status", "--porcelain") == "?? dirty.py"
    with engine_of(shop):
        assert shop.json("sync")["sessions"][0]["outcome"] == "unchanged"

        said = shop.run("undo")
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith(f"S1 is at {before[:10]} again")
        assert git(tree, "rev-parse", "HEAD") == before
        assert git(tree, "status", "--porcelain") == "?? dirty.py"
        assert shop.refused("undo") == (1, "no branch was brought up that could be taken back — `televibe sync` brings them up\n")


def test_what_cannot_be_is_one_line(shop: Shop) -> None:
    assert shop.refused("sync") == (1, "there is no session to bring up — `televibe session new` makes one\n")
    assert shop.refused("sync", "S1", "--all") == (2, "S1 and --all exclude each other — name one session, or take all\n")
    assert shop.refused("undo", "S9") == (1, "no session S9 — `televibe sessions` lists them\n")
    made = shop.json("session", "new")
    tree = Path(made["worktree"])
    git(tree, "checkout", "-q", "--detach")
    commit(shop.repo, {"landed.py": "L = 1\n"}, "landed")
    with engine_of(shop):
        said = shop.run("sync", "--all")
        assert (said.status, said.err) == (1, "")
        assert said.out == f"S1 stays as it is: HEAD is detached in {tree} — it is brought up when that is done\n"
        assert shop.refused("undo", "S1") == (1, "S1: its branch was never brought up, or that was taken back already\n")
