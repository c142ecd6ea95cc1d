"""The real Claude Code and a file that another session holds: refused before the edit, told why, at work elsewhere, and landing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.boundaries.home import Home
from orchestrator.doors.mcp.host import hosting
from orchestrator.engine.coordination.tool import Caller
from orchestrator.engine.coordination.tools import call_tool
from orchestrator.engine.engine import Engine
from orchestrator.engine.intents import give_goal
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.work import GoalState
from tests.claude_desk import KEY, bash
from tests.fake_anthropic import FakeAnthropic, Request, Text, Use
from tests.line import register
from tests.repos import WHO, git, make_repo


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAnthropic]:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "nobody"))
    monkeypatch.delenv("CLAUDE_CODE_OAUTH_TOKEN", raising=False)
    with FakeAnthropic(key=KEY) as api:
        yield api


def results(request: Request) -> list[str]:
    return [str(result["content"]) for result in request.tool_results()]


async def test_a_locked_file_is_refused_the_agent_goes_on_elsewhere_and_lands(tmp_path: Path, api: FakeAnthropic) -> None:
    config = (
        "agent: claude\nmodel: {policy: deterministic}\nlimits: {silence_seconds: 60}\n"
        f"claude: {{env: {json.dumps({**WHO, 'ANTHROPIC_BASE_URL': api.url, 'ANTHROPIC_API_KEY': KEY})}}}\n"
    )
    repo = make_repo(tmp_path / "repo", {"src/shop.py": "PRICE = 1\n", ".televibe/config.yaml": config})
    home = Home(tmp_path / "home").ready()
    project = await register(home, repo)
    async with Engine(home, host=hosting()) as engine:
        deps = await engine.deps(project.id)
        holder = await new_session(deps, "tester")
        await call_tool(deps, Caller(holder, deps.roles["implementer"]), "acquire_file_lock", {"files": ["src/shop.py"]})
        worktree = home.worktree(project.id, "S2")
        api.scripts = {
            "PRICES": [
                Use("Read", {"file_path": f"{worktree}/src/shop.py"}),
                Use("Edit", {"file_path": f"{worktree}/src/shop.py", "old_string": "PRICE = 1", "new_string": "PRICE = 2"}),
                bash("sed -i s/1/2/ src/shop.py"),
                Use("Write", {"file_path": f"{worktree}/src/prices.py", "content": "PRICE = 2\n"}),
                bash("git add -A && git commit -qm 'prices in a file of their own'"),
                Text("src/shop.py is locked, so the price is in src/prices.py."),
            ]
        }
        goal = await give_goal(deps, "Implement new PRICES in the shop", auto_approve=True)
        await engine.until_idle()
        async with engine.store.reading() as store:
            ended = await store.goal(goal.id)
            refused = await store.events(kinds=[EventKind.edit_refused])
            found = await store.events(kinds=[EventKind.edit_found])
    answers = results(api.calls("PRICES")[-1])
    assert "LOCKED: src/shop.py is held by S1 until" in answers[1], answers
    assert "acquire_file_lock" in answers[1]
    assert "LOCKED: src/shop.py is held by S1 until" in answers[2], answers
    assert "LOCKED" not in "".join([answers[0], *answers[3:]]), answers
    assert [(event.session_id, event.data["path"]) for event in refused] == [("S2", "src/shop.py")] * 2
    assert ended.state is GoalState.landed, ended
    assert (git(repo, "show", "main:src/prices.py"), git(repo, "show", "main:src/shop.py")) == ("PRICE = 2", "PRICE = 1")
    assert found == []
