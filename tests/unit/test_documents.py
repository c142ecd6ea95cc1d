"""The documents say what is there: commands that exist, settings that are taken, scripts that are read, nodes and files by name."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

import orchestrator
from graphs import machine
from orchestrator.boundaries.agents.script_file import STEPS, load_scripts
from orchestrator.boundaries.config import parse_policy
from orchestrator.doors.app import app
from orchestrator.doors.cli import ADDED
from orchestrator.engine.coordination.tools import TOOLS
from orchestrator.nouns.policy import FollowPolicy, MergePolicy, Policy

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SCRIPTED = (ROOT / "docs" / "scripted-agent.md").read_text()

for _added in ADDED:
    import_module(f"orchestrator.doors.{_added}")


def code(document: str) -> list[str]:
    """Everything of a Markdown document that is set as code, without comments."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", document, flags=re.DOTALL | re.MULTILINE))
    return [re.sub(r"(^|\s)#.*", "", line) for block in (*fenced, *inline) for line in block.splitlines()]


def blocks(document: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", document, re.DOTALL | re.MULTILINE)


def commands(lines: list[str]) -> list[str]:
    """What is typed: from `televibe` to the end of that command."""
    return [found for line in lines for found in re.findall(r"televibe ([a-z][^&;)]*?)(?= >| &&|$|\)| \|)", line.replace("\\|", "/"))]


def told_of(typed: str) -> str:
    """What is wrong with a command; empty: it exists, and so do its options."""
    at: Any = typer.main.get_command(app)
    for written in re.sub(r'"[^"]*"?', "", typed).split():
        word = written.strip("[]…")
        if word.startswith("--"):
            if word not in {option for parameter in at.params for option in parameter.opts}:
                return f"{typed}: there is no {word}"
        elif hasattr(at, "commands"):
            choices = re.split(r"[|/]", word)
            if unknown := [choice for choice in choices if choice not in at.commands and at.name not in {"request", "merge"}]:
                return f"{typed}: there is no {unknown[0]}"
            at = at.commands.get(choices[0], at.commands.get("make", at.commands.get("land")))
    return ""


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "docs/scripted-agent.md", "docs/conflicts.md"])
def test_every_command_that_a_document_names_is_there(name: str) -> None:
    typed = commands(code((ROOT / name).read_text()))
    assert typed
    assert [fault for one in typed if (fault := told_of(one))] == []


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert told_of("team new|list|close") == told_of('request security "…"') == told_of("request accept/decline R3") == ""
    assert "no workflows" in told_of("workflows")
    assert "no open" in told_of("team new|open")
    assert "no halt" in told_of("workflow halt G3")
    assert "no --now" in told_of("sync S12 --now")


def test_the_readme_names_every_tool_that_sessions_have() -> None:
    assert [name for name in TOOLS if f"`{name}`" not in README] == []


def test_the_settings_of_the_readme_are_taken() -> None:
    settings, roles = (block for block in blocks(README) if block.startswith(("agent:", "roles:")))
    policy = parse_policy(settings, "README.md")
    checks, merge = ("python -m pytest -q",), MergePolicy(sensitive=("deploy/**",))
    assert policy == Policy(checks=checks, follow=FollowPolicy(), merge=merge), "what it shows are the defaults, and these three"
    assert parse_policy(roles, "README.md").roles


def test_the_script_of_the_documents_is_read_and_every_step_is_explained(tmp_path: Path) -> None:
    settings, script = blocks(SCRIPTED)
    assert parse_policy(settings, "config.yaml").scripted.script == "agents.yaml"
    (tmp_path / "agents.yaml").write_text(script)
    assert load_scripts(tmp_path / "agents.yaml")
    [short] = (block for block in blocks(README) if block.startswith("# agents.yaml"))
    (tmp_path / "agents.yaml").write_text(short)
    assert load_scripts(tmp_path / "agents.yaml")
    assert sorted(re.findall(r"^\| `(\w+)", SCRIPTED, re.MULTILINE)) == sorted(STEPS)


def test_the_architecture_names_every_node_and_every_file() -> None:
    drawn = orchestrator.__doc__ or ""
    assert {name for name in machine.build().nodes if not re.search(rf"\b{name}\b", drawn)} == set()
    files = {path.stem for path in (ROOT / "graphs").glob("*.py")} - {"__init__"}
    assert {f for f in files if not f.endswith("_nodes") and not f.startswith("keep_up") and f"``{f}``" not in drawn} == set()
    assert {node for node in machine.build().nodes if not re.search(rf"\b{node}\b", machine.__doc__ or "")} == set()
