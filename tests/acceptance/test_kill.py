"""The process is killed with -9 in the middle of a goal, again and again; the goal ends as if nobody had disturbed it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from graphs.context_file import CARRIED
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.nouns.event import EventKind

TELEVIBE = str(Path(sys.executable).with_name("televibe"))
DEMO = [TELEVIBE, "demo", "--json", "--dir"]


async def kill_at(directory: Path, kind: EventKind, *, occurrence: int) -> None:
    """Run the demo there, and kill its whole process group as soon as the log has ``occurrence`` events of ``kind``."""
    home = Home(directory / "home").ready()
    process = subprocess.Popen([*DEMO, str(directory)], stdout=subprocess.DEVNULL, start_new_session=True)
    store = await open_store(home.database_url)
    seen = 0
    while process.poll() is None:
        async with store.reading() as view:
            if len(await view.events(kinds=[kind])) >= occurrence:
                break
        seen = await store.wait_for_news(seen, 0.05)
    await store.close()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def finished_goal(directory: Path) -> None:
    """``televibe up`` goes on to the end; then: one landing, each step once, the commits of an undisturbed run."""
    environment = {**os.environ, "TELEVIBE_HOME": str(directory / "home")}
    subprocess.run([TELEVIBE, "up", "--until-idle"], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120)
    done = subprocess.run([*DEMO, str(directory)], check=True, capture_output=True, text=True, timeout=120)
    report = json.loads(done.stdout)
    assert report["state"] == "landed", report["reply"]
    assert [(j["task"], j["state"]) for j in report["jobs"]] == [(f"T{n}", "done") for n in range(1, 5)]
    first, second, third, fourth = sorted({h[end] for h in report["handoffs"] for end in ("from", "to")})
    way = [(first, second), (first, third), (second, third), (third, fourth)]
    assert [(h["from"], h["to"]) for h in report["handoffs"]] == way, "whichever of the two goals got its sessions first"
    asked = ["git", "log", "--format=%s", "main"]
    log = subprocess.run(asked, cwd=report["repo"], capture_output=True, text=True, check=True).stdout.splitlines()
    last = subprocess.run([*asked[:2], "-1", "--format=%b"], cwd=report["repo"], capture_output=True, text=True, check=True).stdout
    assert last.strip() == CARRIED, "what the sessions share lands with the work"
    assert len(log) == len(set(log)) >= 3 + sum(len(j["commits"]) for j in report["jobs"]), (
        "every commit once, and those of the other goal"
    )
    status = subprocess.run(["git", "status", "--porcelain"], cwd=report["repo"], capture_output=True, text=True, check=True)
    assert status.stdout == "", "the landed context file stands in the main worktree"
    store = await open_store(Home(directory / "home").database_url)
    async with store.reading() as view:
        landed = await view.events(kinds=[EventKind.goal_landed])
        events = await view.events()
    await store.close()
    assert [e.goal_id for e in landed] in (["G1", "G2"], ["G2", "G1"]), "each goal landed once"
    assert [e.id for e in events] == list(range(1, len(events) + 1)), "the log has no gap"


async def test_killed_five_times_on_the_way(tmp_path: Path) -> None:
    for occurrence in (1, 2, 3, 4):
        await kill_at(tmp_path, EventKind.job_running, occurrence=occurrence)
    await kill_at(tmp_path, EventKind.goal_checked, occurrence=1)
    await finished_goal(tmp_path)
