"""A user's script: five stages in a file on a fresh repository; the engine is killed with -9 three times, and everything lands once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.sql import open_store
from orchestrator.nouns.event import EventKind
from tests.integration.test_cli_work import Shop

TELEVIBE = str(Path(sys.executable).with_name("televibe"))

FLOW = """\
goal: prices with tax and discount
stages:
  - {stage_id: tax, role: implementer, instruction: Add the tax}
  - {stage_id: discount, role: implementer, instruction: Add the discount}
  - {stage_id: labels, role: implementer, instruction: Add the labels}
  - {stage_id: join, role: integrator, needs: [tax, discount, labels], instruction: Bring it together}
  - {stage_id: test, role: tester, needs: join, instruction: Test all of it, on_complete: merge}
"""
MAKES = """
  - when: {{role: implementer, words: ["Add the {name}"]}}
    steps:
      - edit: {{path: shop/{name}.py, content: "{constant} = 1\\n"}}
      - run: "echo {name} >> shop/made.txt"
      - commit: add the {name}
      - finish: the {name} is there
"""
SCRIPT = (
    "scripts:"
    + "".join(MAKES.format(name=name, constant=name.upper()) for name in ("tax", "discount", "labels"))
    + """
  - when: {role: integrator}
    steps:
      - run: "for b in $(git branch --format='%(refname:short)' --list 'televibe/g1-*'); do git merge -q $b ||
          (cat shop/made.txt | grep -v '^[<=>]' | sort -u > m; mv m shop/made.txt; git add -A; git commit -q --no-edit); done"
      - finish: all three are in
  - when: {role: tester}
    steps:
      - edit: {path: tests/test_all.py, content: "import unittest\\nfrom shop import discount, labels, tax\\n"}
      - commit: test all of it
      - finish: tested
"""
)


async def kill_when(shop: Shop, kind: EventKind, times: int) -> None:
    """Run an engine, and kill it as soon as the log has so many events of the kind."""
    environment = {**os.environ, "TELEVIBE_HOME": str(shop.home)}
    process = subprocess.Popen([TELEVIBE, "up"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    store = await open_store(Home(shop.home).database_url)
    seen = 0
    while process.poll() is None:
        async with store.reading() as view:
            if len(await view.events(kinds=[kind])) >= times:
                break
        seen = await store.wait_for_news(seen, 0.05)
    await store.close()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def test_five_stages_land_although_the_engine_is_killed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "flow.yaml").write_text(FLOW)
    assert shop.run("workflow", "check", str(tmp_path / "flow.yaml")).status == 0
    started = shop.json("workflow", "run", str(tmp_path / "flow.yaml"))
    assert (started["id"], len(started["stages"])) == ("G1", 5)
    os.killpg(started["engine_pid"], signal.SIGKILL)
    await kill_when(shop, EventKind.job_running, 2)
    await kill_when(shop, EventKind.handoff_made, 1)
    shop.until_idle()

    shown = shop.json("workflow", "show", "G1")
    assert shown["state"] == "landed", shown
    assert [(s["id"], s["state"]) for s in shown["stages"]] == [(i, "done") for i in ("tax", "discount", "labels", "join", "test")]
    made = subprocess.run(["git", "show", "main:shop/made.txt"], cwd=shop.repo, capture_output=True, text=True, check=True).stdout
    assert sorted(made.split()) == ["discount", "labels", "tax"], "each stage did its work once"
    [goal] = shop.json("goals")
    assert "1 check passed" in goal["reply"]
