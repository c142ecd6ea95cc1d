"""Roles: the table of them, and which one fits a type of work. What a role's actions mean is in ``rights``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.nouns.session import Action, Role
from orchestrator.nouns.work import TaskType
from orchestrator.verbs import profiles
from orchestrator.verbs.rights import may_change

TESTS = ("tests/**", "test/**", "**/tests/**", "**/__tests__/**", "**/test_*", "**/*_test.*", "**/*.test.*", "**/*.spec.*")

BUILTIN_ROLES: tuple[Role, ...] = (
    Role(
        name="implementer",
        description="Writes new code, implements features",
        profile=profiles.IMPLEMENTER,
        allowed_actions=(Action.read, Action.write, Action.run_tests),
        task_types=(TaskType.implement, TaskType.fix, TaskType.perf, TaskType.chore, TaskType.docs),
        writes=("**",),
    ),
    Role(
        name="reviewer",
        description="Reviews code, suggests improvements",
        profile=profiles.REVIEWER,
        allowed_actions=(Action.read, Action.comment),
        task_types=(TaskType.review, TaskType.question),
    ),
    Role(
        name="tester",
        description="Writes and runs tests",
        profile=profiles.TESTER,
        allowed_actions=(Action.read, Action.write_tests, Action.run_tests),
        task_types=(TaskType.test,),
        writes=TESTS,
    ),
    Role(
        name="refactorer",
        description="Improves code quality",
        profile=profiles.REFACTORER,
        allowed_actions=(Action.read, Action.refactor, Action.write, Action.run_tests),
        task_types=(TaskType.refactor,),
        writes=("**",),
    ),
    Role(
        name="security",
        description="Security review and hardening",
        profile=profiles.SECURITY,
        allowed_actions=(Action.read, Action.security_scan, Action.comment),
        task_types=(TaskType.security,),
    ),
    Role(
        name="integrator",
        description="Brings branches together and resolves conflicts",
        profile=profiles.INTEGRATOR,
        allowed_actions=(Action.read, Action.write, Action.merge, Action.run_tests),
        task_types=(TaskType.integrate,),
        writes=("**",),
    ),
    Role(
        name="orchestrator",
        description="Sees that each session has what it needs and does what fits",
        profile=profiles.ORCHESTRATOR,
        allowed_actions=(Action.read, Action.comment, Action.orchestrate),
        task_types=(),
    ),
)
"""The specification's five; the integrator that its designated-integrator strategy names; the orchestrator of a hierarchy."""

READING = frozenset({TaskType.review, TaskType.security, TaskType.question})
"""Types of work that change nothing."""


def role_table(added: Sequence[Role] = ()) -> dict[str, Role]:
    """The built-in roles, with ``added`` ones beside or (by name) instead of them. A profile that names a built-in role is its text."""
    texts = {role.name: role.profile for role in BUILTIN_ROLES}
    shared = (role.model_copy(update={"profile": texts.get(role.profile, role.profile)}) for role in added)
    return {role.name: role for role in (*BUILTIN_ROLES, *shared)}


def role_for(type_: TaskType, roles: Mapping[str, Role]) -> str:
    """The role that has the type earliest in its list; a user's role before a built-in one of equal rank."""
    ranked = [(role.task_types.index(type_), -at, name) for at, (name, role) in enumerate(roles.items()) if type_ in role.task_types]
    return min(ranked)[2] if ranked else next(iter(roles))


def fit(role: Role, type_: TaskType) -> float:
    """How well a role suits a type of work, 0..1; 0 when its rights do not allow it."""
    if type_ not in READING and not may_change(role):
        return 0.0
    if type_ in role.task_types:
        return 1.0 - 0.1 * role.task_types.index(type_)
    if type_ is TaskType.test or role.writes != ("**",):
        return 0.1
    return 0.3
