"""What a role may do, as Claude Code's own permissions: mode, tools, and rules. Pure; git checks the result after every job.

Three kinds of rights, all without anybody who could answer a prompt:

* **reading** (no ``writes``): what is not on the list is denied; no tool that edits is there at all.
* **limited** (``writes`` names some globs): the same, and ``Edit`` on exactly those globs of the worktree.
* **free** (``writes`` has ``**``): edits inside of the worktree pass, commands only if they are on the list.

Commands that read (``git log``, ``cat``, ``grep`` …) need no rule: Claude Code knows them by their flags. A rule would be weaker:
``Bash(git shortlog *)`` lets ``git shortlog --output=FILE`` write.

A rule such as ``Bash(pytest*)`` runs code of the worktree, and code can write anything: rules keep an honest model on its job,
the check of the commits keeps a dishonest one out. What the actions mean elsewhere is drawn in ``verbs/rights.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from orchestrator.boundaries.agents.claude_walls import literal
from orchestrator.nouns.base import Noun
from orchestrator.nouns.session import Action, Role
from orchestrator.verbs.rights import may_change

MCP_SERVER = "televibe"
"""Name of our own tools' server; Claude Code lists its tools as ``mcp__televibe__…``."""

READ_TOOLS = ("Read", "Grep", "Glob", "Bash")
EDIT_TOOLS = ("Edit", "Write", "NotebookEdit")
COMMIT_COMMANDS = ("git add *", "git commit *")
TAKE_OVER_COMMANDS = ("git merge *", "git checkout --ours *", "git checkout --theirs *")
"""To take over another branch when git could not do it alone."""
TIDY_COMMANDS = ("git mv *", "git rm *", "git restore *", "git revert *", "git cherry-pick *")
SCAN_COMMANDS = ("pip-audit", "npm audit", "cargo audit", "govulncheck ./...", "bandit -r .", "semgrep scan")
NEVER = ("git push*", "git worktree *")
"""Denied to every role: other machines, others' worktrees."""


class Mode(StrEnum):
    """Claude Code's permission modes that never wait for a person; ``bypassPermissions`` is not among them."""

    deny_unlisted = "dontAsk"
    accept_edits = "acceptEdits"


class Permissions(Noun):
    """Flags of one run. ``allow`` and ``deny`` are rules such as ``Bash(git log *)``; deny wins."""

    mode: Mode
    tools: tuple[str, ...]
    allow: tuple[str, ...]
    deny: tuple[str, ...]


def permissions(role: Role, worktree: str, test_commands: Iterable[str] = (), unreadable: Iterable[str] = ()) -> Permissions:
    """The rights of ``role`` in ``worktree`` (absolute, without symbolic links). ``unreadable`` are absolute globs."""
    changes = may_change(role)
    free = changes and "**" in role.writes
    allow = [f"mcp__{MCP_SERVER}", "Read", "Grep", "Glob", *_commands(role, test_commands, changes=changes, free=free)]
    if changes and not free:
        allow += [f"Edit({_inside(worktree, glob)})" for glob in role.writes]
    return Permissions(
        mode=Mode.accept_edits if free else Mode.deny_unlisted,
        tools=READ_TOOLS + EDIT_TOOLS if changes else READ_TOOLS,
        allow=tuple(allow),
        deny=(
            *(_bash(command) for command in NEVER),
            *(() if changes else EDIT_TOOLS),
            *(f"Read(/{glob})" for glob in unreadable),
        ),
    )


def _commands(role: Role, test_commands: Iterable[str], *, changes: bool, free: bool) -> list[str]:
    commands: list[str] = []
    if Action.run_tests in role.allowed_actions:
        commands += test_commands
    if Action.security_scan in role.allowed_actions:
        commands += SCAN_COMMANDS
    if changes:
        commands += COMMIT_COMMANDS + TAKE_OVER_COMMANDS
    if free:
        commands += TIDY_COMMANDS
    return [_bash(command) for command in commands]


def _bash(command: str) -> str:
    return f"Bash({command})"


def _inside(worktree: str, glob: str) -> str:
    """A glob of the worktree as Claude Code wants it: ``//`` before an absolute path, gitignore's syntax, anchored."""
    return "/" + literal(worktree.rstrip("/")) + "/" + glob.lstrip("/")
