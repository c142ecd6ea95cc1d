"""Roles as Claude Code's permissions, and the words it gets."""

from __future__ import annotations

import pytest

from orchestrator.boundaries.agents.claude_roles import EDIT_TOOLS, Mode, permissions
from orchestrator.boundaries.agents.claude_words import CUT_OFF, ground_rules, instruction
from orchestrator.boundaries.agents.protocol import AgentOrder
from orchestrator.nouns.session import Action, Role
from orchestrator.verbs.roles import BUILTIN_ROLES

ROLES = {role.name: role for role in BUILTIN_ROLES}
TESTS = ("pytest*",)


@pytest.mark.parametrize("name", ["reviewer", "security"])
def test_readers_have_no_tool_that_edits_and_no_command_that_changes(name: str) -> None:
    rights = permissions(ROLES[name], "/w", TESTS)
    assert rights.mode is Mode.deny_unlisted
    assert not set(EDIT_TOOLS) & set(rights.tools)
    assert set(EDIT_TOOLS) <= set(rights.deny)
    assert not [rule for rule in rights.allow if "git" in rule or "pytest" in rule or rule.startswith("Edit")]


def test_a_security_reader_may_scan() -> None:
    assert "Bash(pip-audit)" in permissions(ROLES["security"], "/w").allow
    assert "Bash(pip-audit)" not in permissions(ROLES["reviewer"], "/w").allow


def test_a_tester_edits_its_globs_of_its_worktree_and_commits() -> None:
    rights = permissions(ROLES["tester"], "/w/S1", TESTS)
    assert rights.mode is Mode.deny_unlisted
    assert [rule for rule in rights.allow if rule.startswith("Edit")] == [f"Edit(//w/S1/{glob})" for glob in ROLES["tester"].writes]
    assert {"Bash(pytest*)", "Bash(git add *)", "Bash(git commit *)"} <= set(rights.allow)
    assert "Edit" not in rights.allow


@pytest.mark.parametrize("name", ["implementer", "refactorer", "integrator"])
def test_writers_edit_freely_inside_and_nobody_is_asked(name: str) -> None:
    rights = permissions(ROLES[name], "/w", TESTS)
    assert rights.mode is Mode.accept_edits
    assert {"Bash(pytest*)", "Bash(git commit *)", "Bash(git merge *)"} <= set(rights.allow)
    assert "Bash" not in rights.allow


@pytest.mark.parametrize("role", BUILTIN_ROLES, ids=lambda role: role.name)
def test_no_role_pushes_or_starts_other_agents(role: Role) -> None:
    rights = permissions(role, "/w", TESTS)
    assert {"Bash(git push*)", "Bash(git worktree *)"} <= set(rights.deny)
    assert not {"Task", "Agent", "SendMessage", "WebFetch", "WebSearch", "EnterWorktree"} & set(rights.tools)


def test_globs_without_a_right_to_write_are_no_right() -> None:
    role = Role(name="odd", description="", allowed_actions=(Action.read, Action.comment), task_types=(), writes=("**",))
    assert permissions(role, "/w").mode is Mode.deny_unlisted
    assert "Edit" not in permissions(role, "/w").tools


def test_a_worktree_path_is_taken_literally() -> None:
    role = Role(name="docs", description="", allowed_actions=(Action.write_docs,), task_types=(), writes=("/docs/*.md",))
    assert r"Edit(//w/\[x\]\*/docs/*.md)" in permissions(role, "/w/[x]*/").allow


def test_the_system_prompt_says_what_the_role_may_change() -> None:
    assert "Change no file" in ground_rules(ROLES["reviewer"], "b")
    assert "only `tests/**`" in ground_rules(ROLES["tester"], "b")
    assert "only `" not in ground_rules(ROLES["implementer"], "televibe/x")
    assert ROLES["reviewer"].profile in ground_rules(ROLES["reviewer"], "b")
    assert "branch `televibe/x`" in ground_rules(ROLES["implementer"], "televibe/x")


@pytest.mark.parametrize(("attempt", "text"), [(1, "do it"), (2, CUT_OFF + "do it")])
def test_only_a_later_attempt_is_told_of_the_earlier_one(attempt: int, text: str) -> None:
    order = AgentOrder(
        job_id="J1",
        session_id="S1",
        role=ROLES["tester"],
        worktree="/w",
        branch="b",
        instruction="do it",
        home="/h",
        attempt=attempt,
    )
    assert instruction(order) == text
