"""Claude Code that is stopped, dies, hangs, floods or is not there: the run ends with a reason, and nothing of it lives on."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from orchestrator.boundaries.agents import leftover
from orchestrator.boundaries.agents.protocol import AgentEvent, Availability, Broke, Finished
from orchestrator.nouns.policy import ClaudePolicy, Limits
from tests.claude_desk import KEY, SLOW, Desk, alive, bash, first_event, make_desk, pretend_cli, until
from tests.fake_anthropic import FakeAnthropic, Hang, Step, Text

ROOT = Path(__file__).parents[2]


@pytest.fixture
def api() -> Iterator[FakeAnthropic]:
    with FakeAnthropic(key=KEY) as api:
        yield api


@pytest.fixture
def desk(tmp_path: Path, api: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "nobody"))
    desk = make_desk(tmp_path, api)
    half: list[Step] = [
        desk.write("src/tax.py", "TAX = 2\n"),
        bash("git add -A && git commit -qm 'add tax'"),
        bash(SLOW),
        Text("slept"),
    ]
    api.scripts = {"cut off": [bash("git log --oneline"), Text("The tax was there already.")], "SLEEP": half}
    return desk


Sleeping = tuple[Desk, asyncio.Task[list[AgentEvent]], set[int]]


@pytest.fixture
async def sleeping(desk: Desk) -> Sleeping:
    """A run in the middle of a command that does not end, and the processes it consists of."""
    task = asyncio.create_task(desk.run("SLEEP a while"))
    command = await desk.slow_command()
    pids = {desk.claude_pid(), command}
    assert all(alive(pid) for pid in pids)
    return desk, task, pids


async def test_an_interrupt_in_the_middle_of_a_long_command(desk: Desk) -> None:
    agent = desk.agent
    assert not await agent.interrupt("J1")
    task = asyncio.create_task(_collect(agent.run(desk.order("SLEEP a while"))))
    command = await desk.slow_command()
    pids = {desk.claude_pid(), command}
    assert await agent.interrupt("J1")
    end = (await asyncio.wait_for(task, 30))[-1]
    assert isinstance(end, Broke)
    assert end.interrupted
    assert end.cumulative_cost_usd, "Claude Code itself ended the turn, and said what it cost"
    assert not any(alive(pid) for pid in pids)
    assert not await agent.interrupt("J1")
    assert desk.log()[0] == "add tax"


async def test_an_interrupt_while_the_model_is_silent_or_claude_code_starts(desk: Desk, api: FakeAnthropic) -> None:
    agent = desk.agent
    api.scripts = {"THINK": [Hang()]}
    task = asyncio.create_task(_collect(agent.run(desk.order("THINK"))))
    await api.called("THINK")
    assert await agent.interrupt("J1")
    end = (await asyncio.wait_for(task, 30))[-1]
    assert isinstance(end, Broke)
    assert end.interrupted

    desk.policy = ClaudePolicy(path=pretend_cli(desk.worktree.parent, "sleep 600"))
    agent = desk.agent
    task = asyncio.create_task(_collect(agent.run(desk.order("never read"))))
    await until(lambda: leftover.recorded(str(desk.home)) is not None, "it did not start")
    assert await agent.interrupt("J1")
    assert await asyncio.wait_for(task, 30) == [Broke(reason="it was stopped", interrupted=True)]


async def test_claude_code_is_killed_and_the_second_attempt_goes_on(sleeping: Sleeping, api: FakeAnthropic) -> None:
    desk, task, pids = sleeping
    os.kill(desk.claude_pid(), signal.SIGKILL)
    end = (await task)[-1]
    assert isinstance(end, Broke)
    assert "killed by signal 9" in end.reason
    assert not end.interrupted
    assert end.cumulative_cost_usd is None, "nobody knows"
    assert not any(alive(pid) for pid in pids)

    again = await desk.run("SLEEP a while", attempt=2)
    assert isinstance(again[-1], Finished), again
    assert again[-1].summary == "The tax was there already."
    resumed = api.calls("cut off")[-1]
    assert sum("SLEEP a while" in text for text in resumed.user_texts()) == 2, "the conversation and the brief, again"
    assert "add tax" in str(resumed.tool_results()[-1]["content"])
    assert desk.log().count("add tax") == 1


async def test_a_kill_before_the_first_answer_costs_nothing(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts["THINK"] = [Hang()]
    task = asyncio.create_task(desk.run("THINK"))
    await api.called("THINK")
    os.kill(desk.claude_pid(), signal.SIGKILL)
    assert "killed by signal 9" in str((await task)[-1])
    again = await desk.run("THINK", attempt=2)
    assert isinstance(again[-1], Finished), again


async def test_our_own_process_is_killed_and_the_next_run_ends_what_it_left(desk: Desk) -> None:
    arguments = [str(desk.worktree), str(desk.home), desk.url, "SLEEP a while"]
    ours = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.claude_desk", *arguments, cwd=ROOT)
    command = await desk.slow_command()
    left = {desk.claude_pid(), command}
    ours.kill()
    await ours.wait()
    assert alive(command), "a killed parent does not end the agent's commands: that is why we look for them"

    again = await desk.run("SLEEP a while", attempt=2)
    assert isinstance(again[-1], Finished), again
    assert not any(alive(pid) for pid in left)
    assert leftover.recorded(str(desk.home)) is None


async def test_a_recorded_id_that_is_another_process_now_is_left_alone(desk: Desk) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    leftover.record(str(desk.home), stranger.pid)
    run = desk.home / leftover.RUN_FILE
    run.write_text(run.read_text().replace(str(leftover.start_time(stranger.pid)), "another boot/1"))
    assert await leftover.stop_leftover(str(desk.home)) == []
    assert alive(stranger.pid)
    leftover.record(str(desk.home), stranger.pid)
    assert await leftover.stop_leftover(str(desk.home)) == [stranger.pid]
    assert await stranger.wait() == -signal.SIGKILL


async def test_a_cancelled_or_abandoned_run_leaves_no_process(sleeping: Sleeping, desk: Desk) -> None:
    _, task, pids = sleeping
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(alive(pid) for pid in pids)

    (desk.worktree / "slow.pid").unlink()
    async with aclosing(desk.agent.run(desk.order("SLEEP again", job_id="J2"))) as stream:
        await first_event(stream)
        pids = {await desk.slow_command(), desk.claude_pid()}
    assert not any(alive(pid) for pid in pids)


async def test_silence_is_no_sign_of_life(desk: Desk, api: FakeAnthropic) -> None:
    api.scripts = {"THINK": [Hang()]}
    desk.limits = Limits(silence_seconds=2)
    end = (await desk.run("THINK"))[-1]
    assert end == Broke(reason="no sign of life for 2 s (limits.silence_seconds)")
    assert leftover.marked(str(desk.home)) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo 'loading' >&2; echo 'error: no licence' >&2; exit 3",
            "Claude Code exited with status 3 before it was done: error: no licence",
        ),
        ("exit 0", "Claude Code exited with status 0 before it was done"),
        ("echo 'not the protocol'; exit 1", "Claude Code exited with status 1 before it was done: not the protocol"),
        ("sleep 600 & exit 7", "Claude Code exited with status 7 before it was done"),
        ("sleep 600 & sleep 600", "no sign of life for 0.5 s (limits.silence_seconds)"),
        ("yes 0123456789 | head -c 100000000", "more than 2 MB of output (limits.output_megabytes)"),
        ("head -c 100000000 /dev/zero", "more than 2 MB of output (limits.output_megabytes)"),
        ("head -c 100000000 /dev/zero >&2", "more than 2 MB of output (limits.output_megabytes)"),
    ],
)
async def test_a_claude_that_is_something_else(desk: Desk, script: str, reason: str) -> None:
    desk.policy = ClaudePolicy(path=pretend_cli(desk.worktree.parent, script))
    desk.limits = Limits(silence_seconds=0.5 if "& sleep" in script else 20, output_megabytes=2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert await asyncio.wait_for(desk.run("anything"), 20) == [Broke(reason=reason)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000, "kilobytes"
    assert leftover.marked(str(desk.home)) == []


async def test_a_path_without_a_claude(desk: Desk) -> None:
    desk.policy = ClaudePolicy(path="/nowhere/claude")
    found = await desk.agent.available()
    assert not found.installed
    assert found.remedy
    [end] = await desk.run("anything")
    assert isinstance(end, Broke)
    assert "/nowhere/claude" in end.reason
    desk.policy = ClaudePolicy(path=pretend_cli(desk.worktree.parent, "exit 4"))
    assert not (await desk.agent.available()).installed


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    import pydantic

    packages = Path(pydantic.__file__).parents[1]
    for package in packages.iterdir():
        if not package.name.startswith("claude_agent_sdk") and not package.name.endswith(".pth"):
            (tmp_path / package.name).symlink_to(package)
    code = (
        "import asyncio; from orchestrator.boundaries.agents.claude import ClaudeAgent; "
        "from orchestrator.nouns.policy import ClaudePolicy, Limits; "
        "print(asyncio.run(ClaudeAgent(ClaudePolicy(), Limits()).available()).model_dump_json())"
    )
    bare = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert '"installed":false' in bare.stdout, bare.stderr
    said = Availability.model_validate_json(bare.stdout)
    assert said.remedy == f"{sys.executable} -m pip install 'claude-agent-sdk>=0.2.187'", "a command that works as it stands"
    assert '"claude-agent-sdk>=0.2.187"' in (ROOT / "pyproject.toml").read_text(), "and installs what the extra names"


async def _collect(stream: AsyncGenerator[AgentEvent, None]) -> list[AgentEvent]:
    return [event async for event in stream]
