"""The scripted agent as a coding agent: what each step does for real, what its role forbids, and how it is stopped."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.boundaries.agents.protocol import Agent, AgentEvent, AgentOrder, Broke, Did, Finished, Said, Started
from orchestrator.boundaries.agents.scripted import ScriptedAgent
from orchestrator.boundaries.git.repository import Repository
from orchestrator.nouns.errors import ConfigError, Refused
from orchestrator.nouns.policy import Limits
from tests.agent_spec import AgentSpec, Deed, heard, order_for
from tests.repos import git

DEEDS = """
scripts:
  - when: {words: [commit]}
    steps:
      - say: at work
      - edit: {path: work.txt, content: "done\\n"}
      - commit: work
      - finish: it is done
  - when: {words: [ask]}
    steps: [{ask: "which one?"}]
  - steps:
      - edit: {path: work.txt, content: "done\\n"}
      - commit: work
      - run: sleep 1000 & echo $! > ../pid; wait
      - finish: that was long
"""


async def scripted(tmp_path: Path, script: str, limits: Limits | None = None) -> ScriptedAgent:
    """An agent for ``script``, with the real git of the order's repository."""
    order_for(tmp_path, Deed.commit)
    (tmp_path / "script.yaml").write_text(script)
    repository = await Repository.open(str(tmp_path / "worktree"))
    return ScriptedAgent(tmp_path / "script.yaml", limits or Limits(), repository.commit_all, repository.last_message)


def steps(text: str) -> str:
    """A script of these steps, one a line."""
    lines = "".join(f"      - {line.strip()}\n" for line in text.strip().splitlines())
    return f"scripts:\n  - steps:\n{lines}"


async def played(tmp_path: Path, script: str, order: AgentOrder | None = None, limits: Limits | None = None) -> list[AgentEvent]:
    agent = await scripted(tmp_path, steps(script), limits)
    return await heard(agent, order or order_for(tmp_path, Deed.commit))


def ending(events: list[AgentEvent]) -> str:
    last = events[-1]
    assert isinstance(last, Broke), last
    return last.reason


class TestScripted(AgentSpec):
    @asynccontextmanager
    async def agent(self, deed: Deed, tmp_path: Path) -> AsyncIterator[Agent]:
        assert f"words: [{deed}]" in DEEDS or deed is Deed.wait
        yield await scripted(tmp_path, DEEDS)


async def test_files_are_written_replaced_appended_and_deleted(tmp_path: Path) -> None:
    script = """
        edit: {path: src/a.py, content: "one = 1\\ntwo = 2\\n"}
        replace: {path: src/a.py, old: "two = 2", new: "two = one + one"}
        append: {path: src/a.py, content: "three = 3\\n"}
        append: {path: src/b.py, content: "four = 4\\n"}
        delete: README.md
        finish: ok
    """
    await played(tmp_path, script.replace("delete: README.md", "delete: {path: README.md}"))
    worktree = tmp_path / "worktree"
    assert (worktree / "src/a.py").read_text() == "one = 1\ntwo = one + one\nthree = 3\n"
    assert (worktree / "src/b.py").read_text() == "four = 4\n"
    assert not (worktree / "README.md").exists()


async def test_a_commit_says_which_job_and_step_it_is_of(tmp_path: Path) -> None:
    events = await played(tmp_path, "edit: {path: a.py, content: x}\ncommit: first\ncommit: second\nfinish: ok")
    body = git(tmp_path / "worktree", "log", "-1", "--format=%B")
    assert body.splitlines()[0] == "first"
    assert "TeleVibe-Job: J5" in body
    assert "TeleVibe-Step: J5/2" in body
    details = [e.detail for e in events if isinstance(e, Did) and e.tool == "commit"]
    assert details[0].startswith("first (")
    assert details[1] == "second (nothing to commit)"


@pytest.mark.parametrize("text", ["a\na\n", "b\n"])
async def test_a_replacement_that_is_not_there_once_breaks_the_run(tmp_path: Path, text: str) -> None:
    script = f"edit: {{path: a.py, content: {json.dumps(text)}}}\nreplace: {{path: a.py, old: a, new: c}}\nfinish: ok"
    assert "times in a.py, not once" in ending(await played(tmp_path, script))


async def test_a_replacement_that_was_made_before_is_left_as_it_is(tmp_path: Path) -> None:
    edit = 'edit: {path: a.py, content: "import a\\nimport b\\n"}'
    script = edit + '\nreplace: {path: a.py, old: "import a\\n", new: "import a\\nimport b\\n"}'
    assert isinstance((await played(tmp_path, script))[-1], Finished)
    assert (tmp_path / "worktree/a.py").read_text() == "import a\nimport b\n"


async def test_a_command_really_runs_and_its_output_can_be_told(tmp_path: Path) -> None:
    events = await played(
        tmp_path, 'run: [cat, README.md]\nsay: "it says {{ last }}"\nrun: echo made > made.txt\nfinish: "{{ last }}ok"'
    )
    assert Said(text="it says # work") in events
    assert (tmp_path / "worktree/made.txt").read_text() == "made\n"
    assert events[-1] == Finished(summary="ok")


async def test_a_command_that_fails_breaks_the_run(tmp_path: Path) -> None:
    assert ending(await played(tmp_path, "run: echo no such thing; exit 3\nfinish: ok")) == (
        "'echo no such thing; exit 3' ended with status 3: no such thing"
    )
    assert "cannot be started" in ending(await played(tmp_path, "run: [there-is-no-such-program]\nfinish: ok"))


async def test_our_tools_are_called_and_a_refusal_breaks_the_run(tmp_path: Path) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []

    async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        calls.append((name, arguments))
        if "session_id" in arguments:
            raise Refused("you are S1, not S2", "leave the parameter out")
        return {"id": "D1"}

    order = replace(order_for(tmp_path, Deed.commit), call_tool=call)
    good = 'tool: {name: record_decision, arguments: {decision: use YAML}}\nsay: "{{ last }}"\nfinish: ok'
    events = await played(tmp_path, good, order)
    assert calls == [("record_decision", {"decision": "use YAML"})]
    assert Said(text='{"id": "D1"}') in events
    bad = "tool: {name: get_inbox, arguments: {session_id: S2}}\nfinish: ok"
    assert "you are S1, not S2" in ending(await played(tmp_path, bad, order))
    assert "no coordination tools" in ending(await played(tmp_path, bad))


async def test_a_role_that_must_not_write_is_denied_unless_the_script_insists(tmp_path: Path) -> None:
    script = "edit: {path: a.py, content: x}\nedit: {path: b.py, content: x, force: true}\nfinish: ok"
    events = await played(tmp_path, script, order_for(tmp_path, Deed.commit, role="reviewer"))
    assert Said(text="I may not write a.py: the role reviewer does not allow it") in events
    assert not (tmp_path / "worktree/a.py").exists()
    assert (tmp_path / "worktree/b.py").exists()
    script = "edit: {path: src/a.py, content: x}\nedit: {path: tests/test_a.py, content: x}\nfinish: ok"
    await played(tmp_path, script, order_for(tmp_path, Deed.commit, role="tester"))
    assert not (tmp_path / "worktree/src/a.py").exists()
    assert (tmp_path / "worktree/tests/test_a.py").exists()


async def test_a_link_that_leads_out_of_the_worktree_is_not_followed(tmp_path: Path) -> None:
    order = order_for(tmp_path, Deed.commit)
    (tmp_path / "outside").mkdir()
    (tmp_path / "worktree/way").symlink_to(tmp_path / "outside")
    (tmp_path / "worktree/file").symlink_to(tmp_path / "outside" / "file")
    (tmp_path / "worktree/internals").symlink_to(tmp_path / "worktree/.git")
    for path in ("way/file", "file", "internals/config"):
        assert "leads " in ending(await played(tmp_path, f"edit: {{path: {path}, content: x}}\nfinish: ok", order))
    assert not any((tmp_path / "outside").iterdir())


async def test_silence_is_noticed(tmp_path: Path) -> None:
    limits = Limits(silence_seconds=0.05)
    for script in ("hang", "pause: 60", "run: sleep 60"):
        assert ending(await played(tmp_path, script, limits=limits)) == "no sign of life for 0.05 s (limits.silence_seconds)"


async def test_a_flood_is_stopped(tmp_path: Path) -> None:
    limits = Limits(output_megabytes=2.5)
    events = await played(tmp_path, "flood: 100\nfinish: ok", limits=limits)
    assert ending(events) == "it wrote more than 2.5 MB (limits.output_megabytes)"
    assert sum(len(e.text) for e in events if isinstance(e, Said)) <= 2_500_000
    assert "more output than" in ending(await played(tmp_path, "run: yes\nfinish: ok", limits=limits))
    assert isinstance((await played(tmp_path, "flood: 1.5\nfinish: ok", limits=limits))[-1], Finished)


async def test_other_endings(tmp_path: Path) -> None:
    assert ending(await played(tmp_path, "fail: no idea how")) == "no idea how"
    assert ending(await played(tmp_path, "exit")) == "the agent exited without a result"
    assert (await played(tmp_path, "say: that was all"))[-1] == Finished(summary="that was all")


async def test_cost_adds_up_over_the_conversation_and_stops_at_the_budget(tmp_path: Path) -> None:
    script = "cost: {usd: 0.25, tokens_in: 100, tokens_out: 10}\ncost: {usd: 0.5, tokens_in: 1}\nfinish: ok"
    order = replace(order_for(tmp_path, Deed.commit), budget_usd=1.0)
    first = await played(tmp_path, script, order)
    assert isinstance(first[0], Started)
    assert first[-1] == Finished(summary="ok", cumulative_cost_usd=0.75, tokens_in=101, tokens_out=10)
    going_on = replace(order, job_id="J6", conversation=first[0].conversation)
    assert (await played(tmp_path, script, going_on))[-1] == Finished(
        summary="ok", cumulative_cost_usd=1.5, tokens_in=101, tokens_out=10
    )
    poor = replace(order, job_id="J7", budget_usd=0.3)
    assert (await played(tmp_path, script, poor))[-1] == Broke(
        reason="it would cost more than the budget of $0.30", cumulative_cost_usd=0.25
    )


async def test_another_script_for_the_second_attempt_begins_at_its_beginning(tmp_path: Path) -> None:
    agent = await scripted(
        tmp_path,
        "scripts:\n  - when: {attempt: 1}\n    steps: [say: one, exit]\n  - steps: [say: two, finish: better]\n",
    )
    order = order_for(tmp_path, Deed.commit)
    assert ending(await heard(agent, order)) == "the agent exited without a result"
    again = await heard(agent, replace(order, attempt=2))
    assert again[1:] == [Said(text="two"), Finished(summary="better")]


async def test_an_order_that_no_script_is_for(tmp_path: Path) -> None:
    agent = await scripted(tmp_path, "scripts: [{when: {role: tester}, steps: [finish: ok]}]")
    events = await heard(agent, order_for(tmp_path, Deed.commit))
    assert "is for the role implementer" in ending(events)
    assert len(events) == 1


async def test_whether_it_can_be_used_depends_on_the_script(tmp_path: Path) -> None:
    agent = await scripted(tmp_path, DEEDS)
    assert (await agent.available()).installed
    (tmp_path / "script.yaml").write_text("scripts: []\n# changed\n")
    broken = await agent.available()
    assert not broken.installed
    assert "line 1: scripts" in broken.detail
    with pytest.raises(ConfigError):
        await heard(agent, order_for(tmp_path, Deed.commit))
    (tmp_path / "script.yaml").unlink()
    assert "cannot be read" in (await agent.available()).detail
