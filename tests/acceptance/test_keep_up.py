"""A commit by hand on main reaches three idle sessions rebased and one instructed, although the engine is killed with -9 on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import SyncKind, SyncState
from orchestrator.nouns.job import JobState
from orchestrator.nouns.message import MessageType
from tests.integration.test_cli_work import Shop
from tests.integration.test_keep_up import CART, SCRIPT
from tests.repos import commit, git

TELEVIBE = str(Path(sys.executable).with_name("televibe"))
POINTS = [EventKind.message_sent, EventKind.sync_begun]
"""Two, with real processes; the rest is in ``test_crash_points``."""


async def kill_at(shop: Shop, kind: EventKind) -> None:
    """Run an engine, and kill it as soon as the log has an event of ``kind`` that is more than where main was at first."""
    environment = {**os.environ, "TELEVIBE_HOME": str(shop.home)}
    process = subprocess.Popen([TELEVIBE, "up"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    store = await open_store(Home(shop.home).database_url)
    seen = 0
    while process.poll() is None:
        async with store.reading() as view:
            if [e for e in await view.events(kinds=[kind]) if kind is not EventKind.main_moved or e.data["old"]]:
                break
        seen = await store.wait_for_news(seen, 0.05)
    await store.close()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def test_killed_on_the_way(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (tmp_path / "script.yaml").write_text(SCRIPT)
    shop.until_idle()
    trees = [Path(shop.json("session", "new")["worktree"]) for _ in range(4)]
    for number, tree in enumerate(trees[:3]):
        commit(tree, {f"feature_{number}.py": "F = 1\n"}, f"feature {number}")
    commit(trees[3], {"shop/cart.py": "def total() -> int:\n    return 1\n"}, "simpler totals")
    (trees[0] / "dirty.py").write_text("D = 1\n")
    before = git(trees[0], "rev-parse", "HEAD")
    head = git(commit(shop.repo, {"shop/cart.py": CART}, "tax on totals"), "rev-parse", "HEAD")
    for kind in POINTS:
        await kill_at(shop, kind)
    shop.until_idle()

    for number, tree in enumerate(trees[:3]):
        assert git(tree, "log", "--format=%s", f"{head}..HEAD") == f"feature {number}"
        assert git(tree, "rev-parse", "HEAD~1") == head
    assert git(trees[3], "merge-base", "HEAD", head) == head
    assert git(trees[0], "status", "--porcelain") == "?? dirty.py"
    store = await open_store(Home(shop.home).database_url)
    async with store.reading() as view:
        syncs = await view.syncs("P1")
        told = [m.to_session or "" for m in await view.messages("P1") if m.type is MessageType.main_moved]
        jobs = await view.jobs("P1")
    await store.close()
    done = [(s.session_id, s.kind) for s in syncs if s.state is SyncState.done]
    assert sorted(done) == [(f"S{n}", SyncKind.rebase) for n in (1, 2, 3)], "each once"
    assert [s.session_id for s in syncs if s.state is not SyncState.done] == ["S4"]
    assert sorted(told) == ["S1", "S2", "S3", "S4"], "each once"
    assert [(j.session_id, j.state) for j in jobs] == [("S4", JobState.done)], "one instruction"
    assert shop.json("undo", "S1")["outcome"] == "undone"
    assert git(trees[0], "rev-parse", "HEAD") == before
    assert git(trees[0], "status", "--porcelain") == "?? dirty.py"
