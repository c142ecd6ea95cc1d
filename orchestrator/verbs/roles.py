"""Roles: what each may do, and which one fits a type of work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from orchestrator.nouns.session import Action, Role
from orchestrator.nouns.work import TaskType

TESTS = ("tests/**", "test/**", "**/tests/**", "**/__tests__/**", "**/test_*", "**/*_test.*", "**/*.test.*", "**/*.spec.*")

BUILTIN_ROLES: tuple[Role, ...] = (
    Role(
        name="implementer",
        description="Writes new code, implements features",
        allowed_actions=(Action.read, Action.write, Action.run_tests),
        task_types=(TaskType.implement, TaskType.fix, TaskType.perf, TaskType.chore, TaskType.docs),
        writes=("**",),
    ),
    Role(
        name="reviewer",
        description="Reviews code, suggests improvements",
        allowed_actions=(Action.read, Action.comment),
        task_types=(TaskType.review, TaskType.question),
    ),
    Role(
        name="tester",
        description="Writes and runs tests",
        allowed_actions=(Action.read, Action.write_tests, Action.run_tests),
        task_types=(TaskType.test,),
        writes=TESTS,
    ),
    Role(
        name="refactorer",
        description="Improves code quality",
        allowed_actions=(Action.read, Action.refactor, Action.write, Action.run_tests),
        task_types=(TaskType.refactor,),
        writes=("**",),
    ),
    Role(
        name="security",
        description="Security review and hardening",
        allowed_actions=(Action.read, Action.security_scan, Action.comment),
        task_types=(TaskType.security,),
    ),
    Role(
        name="integrator",
        description="Brings branches together and resolves conflicts",
        allowed_actions=(Action.read, Action.write, Action.merge, Action.run_tests),
        task_types=(TaskType.integrate,),
        writes=("**",),
    ),
)
"""The specification's five, and the integrator that its designated-integrator strategy names."""

READING = frozenset({TaskType.review, TaskType.security, TaskType.question})
"""Types of work that change nothing."""


def role_table(added: Sequence[Role] = ()) -> dict[str, Role]:
    """The built-in roles, with ``added`` ones beside or (by name) instead of them."""
    return {role.name: role for role in (*BUILTIN_ROLES, *added)}


def role_for(type_: TaskType, roles: Mapping[str, Role]) -> str:
    """The role that has the type earliest in its list; a user's role before a built-in one of equal rank."""
    ranked = [(role.task_types.index(type_), -at, name) for at, (name, role) in enumerate(roles.items()) if type_ in role.task_types]
    return min(ranked)[2] if ranked else next(iter(roles))


def fit(role: Role, type_: TaskType) -> float:
    """How well a role suits a type of work, 0..1; 0 when its rights do not allow it."""
    if type_ not in READING and not role.writes:
        return 0.0
    if type_ in role.task_types:
        return 1.0 - 0.1 * role.task_types.index(type_)
    if type_ is TaskType.test or role.writes != ("**",):
        return 0.1
    return 0.3


def may_write(role: Role, path: str) -> bool:
    """Whether a commit of this role may touch ``path``."""
    return any(_pattern(glob).match(path) for glob in role.writes)


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    """``**`` crosses folders (and ``**/`` may be nothing), ``*`` and ``?`` do not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts) + r"\Z")
