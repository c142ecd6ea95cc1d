"""The real Claude Code at a session's desk: it works, resumes, keeps to its role, asks, and says why it could not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.boundaries.agents.protocol import AgentEvent, Asked, Broke, Did, Finished, Said, Started
from orchestrator.nouns.policy import ClaudePolicy
from tests.claude_desk import KEY, Desk, bash, make_desk
from tests.fake_anthropic import Cut, Fail, FakeAnthropic, Request, Text, Use
from tests.repos import git


@pytest.fixture
def api() -> Iterator[FakeAnthropic]:
    with FakeAnthropic(key=KEY) as api:
        yield api


@pytest.fixture
def desk(tmp_path: Path, api: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "nobody"))  # where a login would be looked for
    monkeypatch.delenv("CLAUDE_CODE_OAUTH_TOKEN", raising=False)
    return make_desk(tmp_path, api)


def last(events: list[AgentEvent]) -> AgentEvent:
    """The end of a run that began with a sign of life and has exactly one end."""
    ends = [event for event in events if isinstance(event, Asked | Finished | Broke)]
    assert ends == events[-1:], events
    return ends[0]


def finished(events: list[AgentEvent]) -> Finished:
    end = last(events)
    assert isinstance(end, Finished), end
    return end


def broke(events: list[AgentEvent]) -> Broke:
    end = last(events)
    assert isinstance(end, Broke), end
    return end


def refusals(request: Request) -> list[str]:
    """For each tool call so far, what it was refused with; empty for those that went through."""
    return [str(result["content"]) if result.get("is_error") else "" for result in request.tool_results()]


async def test_available_names_the_version(desk: Desk) -> None:
    found = await desk.agent.available()
    assert found.installed
    assert found.version.count(".") == 2


async def test_two_instructions_in_one_conversation(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts = {
        "RAISE": [desk.write("src/tax.py", "TAX = 2\n"), bash("git add -A && git commit -m 'add tax'"), Text("TAX is 2 now.")],
        "RECALL": [Text("You asked for TAX before.")],
    }
    first = await desk.run("please RAISE the tax")
    started = first[0]
    assert isinstance(started, Started)
    assert [type(event) for event in first[1:]] == [Did, Did, Said, Finished]
    assert Did(tool="Write", detail=desk.path("src/tax.py")) in first
    assert finished(first).summary == "TAX is 2 now."
    assert finished(first).tokens_in == 3000
    assert desk.log()[0] == "add tax"
    assert desk.dirty() == ""

    second = await desk.run("please RECALL it", job_id="J2", conversation=started.conversation)
    assert second[0] == started
    assert any("RAISE the tax" in text for text in api.calls("RECALL")[-1].user_texts())
    per_call = finished(first).cumulative_cost_usd / 3
    assert finished(second).cumulative_cost_usd - finished(first).cumulative_cost_usd == pytest.approx(per_call)
    assert finished(second).tokens_in == 1000


async def test_the_role_is_in_the_system_prompt_and_the_brief_arrives_word_for_word(desk: Desk, api: FakeAnthropic) -> None:
    await desk.run("/compact @src/shop.py\nis not a command", "reviewer")
    request = api.calls()[0]
    assert "Your role: reviewer" in request.system()
    assert "/compact @src/shop.py\nis not a command" in request.user_texts()[-1]
    assert not {"Write", "Edit", "Task", "Agent", "WebFetch", "SendMessage"} & {tool["name"] for tool in request.body["tools"]}


async def test_an_implementer_changes_its_worktree_and_nothing_else(desk: Desk, api: FakeAnthropic, tmp_path: Path) -> None:
    elsewhere = tmp_path / "repo" / "src" / "shop.py"
    api.scripts = {
        "EDIT": [
            Use("Read", {"file_path": desk.path("src/shop.py")}),
            Use("Edit", {"file_path": desk.path("src/shop.py"), "old_string": "PRICE = 1", "new_string": "PRICE = 3"}),
            Use("Write", {"file_path": str(elsewhere), "content": "stolen\n"}),
            bash(f"echo stolen > {elsewhere}"),
            bash("git push origin work"),
            bash("curl http://127.0.0.1:9/"),
            bash("git commit -qam 'raise the price'"),
            Text("done"),
        ]
    }
    assert finished(await desk.run("EDIT")).summary == "done"
    refused = refusals(api.calls("EDIT")[-1])
    assert [bool(text) for text in refused] == [False, False, True, True, True, True, False], refused
    assert elsewhere.read_text() == "PRICE = 1\n"
    assert desk.log()[0] == "raise the price"
    assert git(desk.worktree, "show", "HEAD:src/shop.py") == "PRICE = 3"


READING = (
    "git log --oneline",
    "git diff main...work --stat",
    "git show HEAD:src/shop.py | head -3",
    "git blame src/shop.py",
    "git status --short",
    "grep -rn PRICE src",
)
WRITING = (
    "echo 'PRICE = 0' > src/shop.py",
    "git log -1 > src/shop.py",
    "git log -1 2> new",
    "git log -1 | tee src/shop.py",
    "git diff --output=src/shop.py HEAD",
    'git log --out"put"=new',
    "git shortlog HEAD --output=new",
    "git show --ext-diff",
    "git -c core.pager='touch new' -p log",
    "git log $(touch new)",
    "git log\ntouch new",
    "git status; rm src/shop.py",
    "git grep -Otouch PRICE",
    "find . -name shop.py -delete",
    "sed -i s/1/0/ src/shop.py",
    "sort -o new src/shop.py",
    'python3 -c \'open("src/shop.py", "w")\'',
    "git commit --allow-empty -m mine",
    "git branch mine",
    "git stash",
)


async def test_a_reviewer_that_tries_to_write_cannot(desk: Desk, api: FakeAnthropic) -> None:
    tries = [
        *(bash(command) for command in (*READING, *WRITING)),
        Use("Read", {"file_path": desk.path("src/shop.py")}),
        desk.write("src/new.py", "X = 1\n"),
        Use("Edit", {"file_path": desk.path("src/shop.py"), "old_string": "PRICE = 1", "new_string": "PRICE = 0"}),
    ]
    api.scripts = {"REVIEW": [*tries, Text("The price should be 2.")]}
    before = git(desk.worktree, "for-each-ref")
    assert finished(await desk.run("REVIEW", "reviewer")).summary == "The price should be 2."
    refused = dict(zip(map(str, tries), refusals(api.calls("REVIEW")[-1]), strict=True))
    assert [bool(text) for text in refused.values()] == [False] * len(READING) + [True] * len(WRITING) + [False, True, True], refused
    assert (git(desk.worktree, "for-each-ref"), desk.dirty()) == (before, "")


async def test_a_tester_writes_tests_and_nothing_else(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts = {
        "TEST": [
            desk.write("tests/test_new.py", "def test_new():\n    pass\n"),
            desk.write("src/test_beside.py", "def test_beside():\n    pass\n"),
            desk.write("src/new.py", "X = 1\n"),
            Use("Read", {"file_path": desk.path("src/shop.py")}),
            Use("Edit", {"file_path": desk.path("src/shop.py"), "old_string": "PRICE = 1", "new_string": "PRICE = 0"}),
            bash("echo 'PRICE = 0' > src/shop.py"),
            bash("git add -A && git commit -qm 'test more'"),
            Text("tested"),
        ]
    }
    events = await desk.run("TEST", "tester")
    assert finished(events).summary == "tested"
    assert events.count(Did(tool="Write", detail="not permitted for this role")) == 1
    refused = refusals(api.calls("TEST")[-1])
    assert [bool(text) for text in refused] == [False, False, True, False, True, True, False], refused
    assert git(desk.worktree, "show", "--name-only", "--format=").split() == ["src/test_beside.py", "tests/test_new.py"]
    assert desk.dirty() == ""


async def test_too_many_turns_and_too_much_money_are_named(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts = {"LOOP": lambda _: bash("git status")}
    desk.policy = ClaudePolicy(max_turns=2)
    assert "not done after 2 turns" in broke(await desk.run("LOOP")).reason
    desk.policy = ClaudePolicy()
    end = broke(await desk.run("LOOP", budget_usd=0.01))
    assert "used up the $0.01" in end.reason
    assert end.cumulative_cost_usd is not None
    assert end.cumulative_cost_usd > 0.01
    calls = len(api.calls())
    assert "nothing is left of the budget" in broke(await desk.run("LOOP", budget_usd=0.0)).reason
    assert len(api.calls()) == calls


async def test_a_wrong_key_says_what_to_do(desk: Desk, api: FakeAnthropic) -> None:
    desk.env = {"ANTHROPIC_API_KEY": "wrong"}
    assert "set ANTHROPIC_API_KEY" in broke(await desk.run("anything")).reason
    assert len(api.calls()) <= 3
    desk.env = {}
    assert "not logged in" in broke(await desk.run("anything", session_id="S2")).reason


async def test_the_users_own_login_serves_every_session(desk: Desk, api: FakeAnthropic, tmp_path: Path) -> None:
    login = {"accessToken": "of-ada", "refreshToken": "r", "expiresAt": 4_000_000_000_000, "scopes": ["user:inference"]}
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / ".credentials.json").write_text(json.dumps({"claudeAiOauth": login}))
    desk.env, api.key = {}, None
    finished(await desk.run("anything"))
    assert api.calls()[0].headers["authorization"] == "Bearer of-ada"
    assert [path.name for path in desk.home.rglob(".credentials.json")] == []


async def test_an_overloaded_api_is_tried_again_and_a_refusal_is_told(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts = {"HELLO": [Text("hello")], "WEIRD": lambda _: Fail(400, "prompt is weird")}
    api.answer_next(Fail(529, "Overloaded"), Fail(429, "slow down", retry_after=0), Cut())
    assert finished(await desk.run("HELLO")).summary == "hello"
    assert "prompt is weird" in broke(await desk.run("WEIRD", job_id="J2")).reason
