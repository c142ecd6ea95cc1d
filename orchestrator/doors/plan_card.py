"""The plan card: what a goal was split into, who would do it, in which order, what it may cost, and how it would land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, assert_never

from orchestrator.doors.output import one_line, usd
from orchestrator.nouns.job import Job
from orchestrator.nouns.policy import Landing, Policy
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import Goal, Task, TaskState
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.predict.foresee import why

if TYPE_CHECKING:
    from rich.console import RenderableType

HEADINGS = ("task", "type", "what", "who", "after", "probably touches")
FILES_SHOWN = 3


@dataclass(frozen=True)
class PlanCard:
    """A plan, ready to be printed: ``plain()`` for pipes, ``__rich__`` for terminals. All text is visible text."""

    title: str
    goal: str
    rows: tuple[tuple[str, ...], ...]  # one for each task, as wide as HEADINGS
    reasons: tuple[str, ...]  # why which session, and why one task waits for another
    facts: tuple[tuple[str, str], ...]  # order, cost, checks, landing

    def plain(self) -> str:
        lines = [HEADINGS, *self.rows]
        widths = [max(len(line[n]) for line in lines) for n in range(len(HEADINGS))]
        table = ["  ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        facts = [f"{name + ':':<9} {value}" for name, value in self.facts]
        return "\n".join([self.title, self.goal, "", *table, "", *self.reasons, "", *facts])

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in HEADINGS:
            table.add_column(heading, overflow="fold", no_wrap=heading in {"task", "type"})
        for row in self.rows:
            table.add_row(*(Text(cell, style="cyan" if n in {0, 3} else "") for n, cell in enumerate(row)))
        facts = Table.grid(padding=(0, 2))
        for name, value in self.facts:
            facts.add_row(Text(name, style="dim"), Text(value))
        reasons = Text("\n".join(self.reasons), style="dim")
        body = Group(Text(self.goal, style="bold"), Text(), table, Text(), reasons, Text(), facts)
        return Panel(body, title=Text(self.title), title_align="left", border_style="cyan")


def plan_card(
    goal: Goal, tasks: Sequence[Task], policy: Policy, *, sessions: Sequence[Session] = (), past: Sequence[Job] = ()
) -> PlanCard:
    """The card of a goal's plan. ``sessions`` are the live ones, whose branches are shown; ``past`` the project's earlier
    jobs, from which the cost is estimated."""
    kept = [task for task in tasks if task.state is not TaskState.dropped]
    branches = {session.id: session.branch for session in sessions}
    by = f"decided by {goal.decided_by.value}, confidence {goal.plan_confidence:.2f}"
    revision = f", revision {goal.plan_revision}" if goal.plan_revision > 1 else ""
    return PlanCard(
        title=f"Plan for {goal.id}{revision} ({by})",
        goal=one_line(goal.text, 400),
        rows=tuple(_row(task, branches) for task in kept),
        reasons=(
            *(f"{t.id}: {one_line(t.route_reason)} ({t.route_confidence:.2f})" for t in kept if t.route_reason),
            *(line for task in kept for line in foreseen_lines(task, branches)),
        ),
        facts=(
            ("order", order(kept)),
            ("cost", estimate(len(kept), [job.cost_usd for job in past if job.state.over], policy.budget.goal_usd)),
            ("checks", "; ".join(one_line(c) for c in policy.checks) or "none — add `checks:` to .televibe/config.yaml"),
            ("landing", _landing(goal, policy)),
        ),
    )


def order(tasks: Sequence[Task]) -> str:
    """Tasks that can go together beside each other, the rest after an arrow: ``T1 → T2, T3 → T4``."""
    waves: list[list[str]] = []
    left = {task.id: {d for d in task.depends_on if any(t.id == d for t in tasks)} for task in tasks}
    while left:
        ready = [task_id for task_id, before in left.items() if not before & left.keys()] or list(left)
        waves.append(ready)
        for task_id in ready:
            del left[task_id]
    return " → ".join(", ".join(wave) for wave in waves)


def estimate(tasks: int, past_costs: Sequence[float], cap: float) -> str:
    """What the plan may cost, from the median of the project's earlier jobs; without any, only the cap is known."""
    stop = f"stops at {usd(cap)} (budget.goal_usd)"
    if not past_costs:
        return f"unknown, there are no earlier jobs to go by; {stop}"
    each = median(past_costs)
    return f"about {usd(each * tasks)}: {tasks} × {usd(each)}, the median of {counted(len(past_costs), 'earlier job')}; {stop}"


def _row(task: Task, branches: dict[str, str]) -> tuple[str, ...]:
    who = f"new {task.role}" if task.session_id is None else f"{task.session_id} {task.role}"
    branch = branches.get(task.session_id or "")
    more = f" +{len(task.files) - FILES_SHOWN}" if len(task.files) > FILES_SHOWN else ""
    return (
        task.id,
        task.type.value,
        one_line(task.title, 80),
        one_line(f"{who} on {branch}" if branch else who),
        (", ".join(task.depends_on) or "-") + (f", changes go back to {task.rework}" if task.rework else ""),
        one_line(", ".join(task.files[:FILES_SHOWN]) + more) or "-",
    )


def foreseen_lines(task: Task, branches: Mapping[str, str]) -> list[str]:
    """What the task waits for because they would collide, and which live sessions it may collide with, each with the reason."""
    lines = []
    for seen in task.foreseen:
        if seen.ordered and seen.other in task.depends_on:
            lines.append(f"{task.id} after {seen.other}: {one_line(why(seen, whom='both'), 300)}")
        elif not seen.ordered and seen.other in branches:
            session = f"{seen.other} on {branches[seen.other]}"
            lines.append(f"{task.id} may collide with {one_line(session)}: {one_line(why(seen, whom='both'), 300)}")
    return lines


def _landing(goal: Goal, policy: Policy) -> str:
    match policy.landing:
        case Landing.auto:
            before = "once every check passes" if policy.checks else "without a check"
            return f"on {policy.default_branch or 'the default branch'}, {before}"
        case Landing.never:
            return f"never; the result stays on branch {one_line(policy.branch_prefix)}{goal.id}"
        case never:
            assert_never(never)
