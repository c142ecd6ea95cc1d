"""Policy: what ``.televibe/config.yaml`` may say. Every field has a default; unknown keys are errors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from .base import Noun
from .conflict import Strategy
from .session import CHANGES, ROLE_NAME, Role


class Landing(StrEnum):
    """What happens when every task of a goal is done."""

    auto = "auto"  # checks, then the default branch is advanced
    never = "never"  # checks; the result is kept under refs/televibe/landing/<goal>


class Topology(StrEnum):
    """How much sessions are told of each other."""

    independent = "independent"  # nothing but what concerns them directly: handoffs and messages
    coordinated = "coordinated"  # interfaces, decisions, todos, who else works on what
    hierarchical = "hierarchical"  # as coordinated; a parent session also learns of its children, and they of it


class DecisionPolicy(StrEnum):
    """Who makes a decision."""

    deterministic = "deterministic"
    model = "model"
    cascade = "cascade"  # the model only when the deterministic confidence is below the threshold


class Limits(Noun):
    """How much at once, how long."""

    parallel_jobs: int = Field(default=4, ge=1, le=64)
    silence_seconds: float = Field(default=900.0, gt=0)  # no event from an agent for so long: interrupted, failed
    job_minutes: float = Field(default=120.0, gt=0)
    output_megabytes: float = Field(default=20.0, gt=0)  # of one job's agent
    task_attempts: int = Field(default=2, ge=1, le=10)  # a failed task is tried again in the same session


class Budget(Noun):
    """Caps in US dollars, enforced before a call is made or a job started."""

    goal_usd: float = Field(default=10.0, ge=0)
    day_usd: float = Field(default=100.0, ge=0)


class Price(Noun):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(ge=0)
    cache_write: float = Field(ge=0)


class Effort(StrEnum):
    """How much the model thinks before it answers; its thinking is billed as output."""

    low = "low"
    medium = "medium"
    high = "high"


DECISIONS = ("classify", "plan", "route", "summarise")

THRESHOLDS = {"classify": 0.6, "plan": 0.75, "route": 0.45}
"""Confidence of the deterministic answer below which the cascade asks the model, per decision; others: 0.5."""

PRICES = {
    "claude-haiku-5-5": Price(input=0.1, output=0.5, cache_read=0.01, cache_write=0.125),
    "claude-sonnet-5-5": Price(input=2.0, output=10.0, cache_read=0.1, cache_write=2.5),
    "claude-opus-5-5": Price(input=4.0, output=20.0, cache_read=0.2, cache_write=5.0),
    "claude-haiku-4-5": Price(input=1.0, output=5.0, cache_read=0.1, cache_write=1.25),
    "claude-sonnet-5": Price(input=2.0, output=10.0, cache_read=0.2, cache_write=2.5),
    "claude-sonnet-4-6": Price(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75),
    "claude-opus-4": Price(input=5.0, output=25.0, cache_read=0.5, cache_write=6.25),
    "claude-opus-5": Price(input=5.0, output=25.0, cache_read=0.5, cache_write=6.25),
    "claude-fable-5": Price(input=10.0, output=50.0, cache_read=1.0, cache_write=12.5),
}
"""USD per million tokens by the beginning of a model's id: Anthropic's list prices of November 2026, 5-minute cache writes.
Haiku 5.5 costs five times as much for a prompt of more than 100,000 tokens; ours are cut far below that."""


class ModelPolicy(Noun):
    """Which model, when. ``thresholds`` and ``prices`` that are given add to the built-in ones, or replace them by name."""

    policy: DecisionPolicy = DecisionPolicy.cascade
    small: str = Field(default="claude-haiku-5-5", min_length=1)
    large: str = Field(default="claude-sonnet-5-5", min_length=1)
    effort: Effort | None = Effort.low  # None: not sent; models before the 4.6 generation refuse it
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = THRESHOLDS
    timeout_seconds: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=4, ge=1, le=10)
    prices: dict[str, Price] = PRICES

    @field_validator("thresholds")
    @classmethod
    def _all_thresholds(cls, given: dict[str, float]) -> dict[str, float]:
        if unknown := sorted(set(given) - set(DECISIONS)):
            raise ValueError(f"must name decisions ({', '.join(DECISIONS)}), not {unknown[0]!r}")
        return {**THRESHOLDS, **given}

    @field_validator("prices")
    @classmethod
    def _all_prices(cls, given: dict[str, Price]) -> dict[str, Price]:
        return {**PRICES, **given}

    def price(self, model: str) -> Price:
        """The price of ``model``: the longest name it begins with; the dearest known one when it is not listed."""
        names = [name for name in self.prices if model.startswith(name)]
        return self.prices[max(names, key=len)] if names else max(self.prices.values(), key=lambda p: p.output)


class ClaudePolicy(Noun):
    """Settings of the ``claude`` agent kind."""

    model: str | None = None  # None: Claude Code's own default
    path: str | None = None  # of the claude executable; None: the one the SDK bundles
    test_commands: tuple[str, ...] = (
        "python -m pytest*",
        "pytest*",
        "npm test*",
        "go test*",
        "cargo test*",
        "make test*",
    )
    max_turns: int = Field(default=80, ge=1)
    env: dict[str, str] = {}  # for its process, beside what it needs to run


class ScriptedPolicy(Noun):
    """Settings of the ``scripted`` agent kind."""

    script: str = ""  # path of the YAML script, absolute or relative to the repository


class BriefPolicy(Noun):
    """How much context an enhanced instruction may carry."""

    tokens: int = Field(default=2000, ge=100, le=100_000)


class TalkPolicy(Noun):
    """How much sessions may say to each other, and how long it is worth something."""

    message_hours: float = Field(default=48.0, gt=0)  # then it expires, and its sender is told
    request_hours: float = Field(default=48.0, gt=0)
    sessions_for_requests: int = Field(default=3, ge=0, le=100)  # live ones of a role, up to which another is made for a request
    hops: int = Field(default=4, ge=0, le=100)  # a message that so many woken jobs led to wakes nobody any more
    messages_per_minute: int = Field(default=30, ge=1)  # of one session
    calls_per_minute: int = Field(default=600, ge=1)  # of one session, all tools together


def inside(glob: str, whose: str) -> str:
    """A glob that stays inside of the repository; otherwise what is wrong with it."""
    if not glob or glob.startswith(("/", "!")) or {".", ".."} & set(glob.split("/")):
        raise ValueError(f"{whose} is for {glob!a}: a glob inside the repository is needed, such as src/auth/**")
    return glob


def _usable(role: Role) -> Role:
    """A role of the user's that means what it says; otherwise the rule that it breaks."""
    changes = CHANGES & set(role.allowed_actions)
    wrong = next((g for g in role.writes if not g or g.startswith(("/", "!")) or {".", ".."} & set(g.split("/"))), None)
    if not ROLE_NAME.match(role.name):
        raise ValueError(f"a role's name is small letters, digits and single '-' or '_' (at most 40), not {role.name[:50]!a}")
    if wrong is not None:
        raise ValueError(f"{role.name} writes {wrong!a}: a glob inside the repository is needed, such as docs/**")
    if role.writes and not changes:
        raise ValueError(f"{role.name} has writes, but none of the actions {', '.join(sorted(CHANGES))}")
    if changes and not role.writes:
        raise ValueError(f"{role.name} may {', '.join(sorted(changes))}, but has no writes (which files? '**' is all)")
    return role


class KeepUp(StrEnum):
    """What happens to the other branches when something lands on the default branch. Their sessions are told in any case."""

    rebase = "rebase"  # onto it; a branch whose commits others have already gets it merged instead
    merge = "merge"
    notify = "notify"  # nothing; `televibe sync` does it


class FollowPolicy(Noun):
    """Where the default branch is fetched from by itself. It only ever moves forward, and only where nothing is in the way."""

    remote: str = Field(default="origin", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    minutes: float = Field(default=5.0, ge=0)  # 0: only when a webhook says that something was pushed


class HierarchyPolicy(Noun):
    """What a parent session may have its children do. No tool can raise it."""

    depth: int = Field(default=2, ge=0, le=10)  # children of children …
    children: int = Field(default=8, ge=0, le=100)  # live ones of one parent
    tokens: int = Field(default=5_000_000, ge=0)  # in and out, of all below one parent
    usd: float = Field(default=10.0, ge=0)  # of all below one parent


OwnedGlob = Annotated[str, AfterValidator(lambda glob: inside(glob, "an owner"))]


class PathStrategy(Noun):
    """Another strategy for some of the files; the first glob that matches counts."""

    glob: Annotated[str, AfterValidator(lambda glob: inside(glob, "a strategy"))]
    strategy: Strategy


class Outside(StrEnum):
    """What becomes of an edit of a file that somebody else owns."""

    refuse = "refuse"
    request = "request"  # refused, and its owner gets a request


class ConflictPolicy(Noun):
    """What happens when branches collide."""

    radar: bool = True  # live branches are compared while an engine runs
    snapshots: bool = True  # work that is not committed yet, too
    strategy: Strategy = Strategy.first_come
    paths: tuple[PathStrategy, ...] = ()
    integrator: str = "integrator"  # session id or role, for the strategy of that name
    owners: dict[
        Annotated[str, AfterValidator(lambda glob: inside(glob, "an owner"))], str | None
    ] = {}  # session, team or role; null: shared
    outside: Outside = Outside.refuse
    lease_minutes: float = Field(default=30.0, gt=0, le=24 * 60)
    serialise_above: float = Field(default=0.5, ge=0, le=1)  # tasks of a plan that will probably collide are done one after the other


class MergePolicy(Noun):
    """How branches land."""

    batch: int = Field(default=8, ge=1, le=64)  # entries that are checked as one; a red batch is split
    parallel_checks: int | None = Field(default=None, ge=1, le=64)  # None: as many as there are cores
    sensitive: tuple[str, ...] = ()  # globs that need the user's word, beside those of agents, hooks and CI
    push: str = ""  # a remote that gets the default branch after each landing; empty: none


class Policy(Noun):
    """The whole of ``.televibe/config.yaml``."""

    version: int = Field(default=1, ge=1, le=1)
    agent: str = "claude"
    default_branch: str | None = None  # None: what the main worktree has checked out at init
    checks: tuple[str, ...] = ()  # shell commands, run in the integration worktree before anything lands
    check_minutes: float = Field(default=20.0, gt=0)
    landing: Landing = Landing.auto
    branch_prefix: str = "televibe/"
    limits: Limits = Limits()
    budget: Budget = Budget()
    model: ModelPolicy = ModelPolicy()
    claude: ClaudePolicy = ClaudePolicy()
    scripted: ScriptedPolicy = ScriptedPolicy()
    brief: BriefPolicy = BriefPolicy()
    context_file: bool = True  # .televibe/context.yaml is kept in step with what is stored
    topology: Topology = Topology.coordinated
    talk: TalkPolicy = TalkPolicy()
    keep_up: KeepUp = KeepUp.rebase
    follow: FollowPolicy | None = None
    handoff_checks: bool = True  # the project's checks are run on work before it is handed on, and the receiver reads how they ended
    hierarchy: HierarchyPolicy = HierarchyPolicy()
    conflicts: ConflictPolicy = ConflictPolicy()
    merge: MergePolicy = MergePolicy()
    team_prefix: str = "feature/"  # a team's branch is named <prefix><team>
    roles: tuple[Annotated[Role, AfterValidator(_usable)], ...] = ()  # added to, or replacing by name, the built-in ones

    @field_validator("roles")
    @classmethod
    def _each_once(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        names = [role.name for role in roles]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the role {twice} is there twice")
        return roles

    @field_validator("branch_prefix", "team_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if value.startswith("/") or ".." in PurePosixPath(value).parts:
            raise ValueError("must be a relative branch prefix such as 'televibe/'")
        return value
