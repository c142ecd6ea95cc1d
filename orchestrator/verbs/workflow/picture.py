"""Picture: a run as text. Its stages in layers, what each needs, how far it is, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.nouns.flow import OnComplete
from orchestrator.nouns.work import GoalState, TaskState
from orchestrator.verbs.grammar import usd
from orchestrator.verbs.workflow.order import layers
from orchestrator.verbs.workflow.view import RunView, StageView

NARROWEST = 30
GOAL_LINES = 3
WHY_CHARS = 300


@dataclass(frozen=True)
class Signs:
    """What lines and marks are drawn with: for a stream that knows them, and for one that does not."""

    marks: dict[TaskState, str]
    first: str
    between: str
    last: str
    down: str
    needs: str
    dot: str
    cut: str


FINE = Signs(
    {
        TaskState.waiting: "·", TaskState.dispatched: "▸", TaskState.asking: "?", TaskState.done: "✓", TaskState.failed: "✗",
        TaskState.dropped: "-", TaskState.skipped: "↷",
    },
    "┌", "├", "└", "│", "←", "·", "…",
)  # fmt: skip
PLAIN = Signs(
    {
        TaskState.waiting: ".", TaskState.dispatched: ">", TaskState.asking: "?", TaskState.done: "+", TaskState.failed: "x",
        TaskState.dropped: "-", TaskState.skipped: "~",
    },
    "/", "|", "\\", "|", "<-", "-", "...",
)  # fmt: skip


ENDED = frozenset({GoalState.landed, GoalState.finished, GoalState.denied, GoalState.stopped})
"""A run of which no single stage can be tried again; one that was cancelled is resumed as a whole."""


@dataclass(frozen=True)
class Drawn:
    """A line of the picture. ``state`` is that of the stage that it is about; None for lines about the run."""

    text: str
    state: TaskState | None = None


def picture(run: RunView, *, width: int = 0, fine: bool = True) -> list[Drawn]:
    """The lines, none longer than ``width`` characters (0: as long as they get) but commands to copy. ``fine``: with characters
    outside of ASCII. What agents and users wrote is on one line each, but not made safe for a terminal."""
    signs = FINE if fine else PLAIN
    width = max(width, NARROWEST) if width else 0
    stages = {stage.id: stage for stage in run.stages}
    found = [layer for layer in layers({one.id: one.needs for one in run.stages}) if layer]
    columns = _columns(run.stages)
    retried = "" if GoalState(run.state) in ENDED else run.id
    lines = [Drawn(text) for text in _head(run, signs, width)]
    for number, layer in enumerate(found):
        lines.append(Drawn(f"  {signs.down}" if number else ""))
        for at, name in enumerate(layer):
            bracket, below = _bracket(at, len(layer), signs)
            lines += _stage(stages[name], retried, bracket, below, columns, signs, width)
    return lines


def _head(run: RunView, signs: Signs, width: int) -> list[str]:
    state = f"{run.state}, paused" if run.paused else run.state
    facts = f" {signs.dot} ".join([state, duration(run.seconds), *([usd(run.cost_usd)] if run.cost_usd else [])])
    goal = [" ".join(line.split()) for line in run.goal.splitlines() if line.strip()]
    shown = goal[:GOAL_LINES] + ([signs.cut] if len(goal) > GOAL_LINES else [])
    return [*_wrapped([f"{run.id} {run.name}", facts], "  ", "  ", width, signs), *(_cut(line, width, signs) for line in shown)]


def _bracket(at: int, among: int, signs: Signs) -> tuple[str, str]:
    """What stands before a stage of a layer, and before its further lines."""
    if among == 1:
        return " ", " "
    last = at == among - 1
    return signs.first if at == 0 else signs.last if last else signs.between, " " if last else signs.down


def _columns(stages: Sequence[StageView]) -> tuple[int, int, int]:
    """Widths of the ids, the states and who does it."""
    return (
        max(len(one.id) for one in stages),
        max(len(one.state.value) for one in stages),
        max(len(_who(one)) for one in stages),
    )


def _stage(
    stage: StageView, retried: str, bracket: str, below: str, columns: tuple[int, int, int], signs: Signs, width: int
) -> list[Drawn]:
    lead = f"{bracket} {signs.marks[stage.state]} "
    cells = [text.ljust(w) for text, w in zip((stage.id, stage.state.value, _who(stage)), columns, strict=True)]
    cells += _facts(stage, signs)
    rest = below + " " * (len(lead) + 1)
    lines = _wrapped([f"{lead}{cells[0]}", *cells[1:]], "  ", rest, width, signs)
    if stage.why and stage.state not in {TaskState.asking, TaskState.done}:
        lines.append(_cut(rest + _one_line(stage.why), width, signs))
    if stage.verdict and stage.why and stage.state is TaskState.done:
        lines.append(_cut(f"{rest}{stage.verdict}: {_one_line(stage.why)}", width, signs))
    if stage.state is TaskState.asking:
        lines += [_cut(rest + _one_line(stage.question), width, signs), f'{rest}televibe session send {stage.session} "{signs.cut}"']
    if stage.state is TaskState.failed and retried:
        lines.append(f"{rest}televibe workflow retry {retried} {stage.id}")
    return [Drawn(line, stage.state) for line in lines]


def _who(stage: StageView) -> str:
    return f"{stage.session} {stage.role}" if stage.session else stage.role if stage.state.over else f"new {stage.role}"


def _facts(stage: StageView, signs: Signs) -> list[str]:
    """What there is to say about it, in the order in which it is missed last."""
    found = []
    if stage.round:
        found.append(f"round {stage.round} of {stage.rounds}" if stage.rounds else f"round {stage.round}")
    if stage.seconds:
        found.append(duration(stage.seconds))
    if stage.cost_usd:
        found.append(usd(stage.cost_usd))
    if stage.needs:
        found.append(f"{signs.needs} {', '.join(stage.needs)}")
    if stage.on_complete != OnComplete.handoff:
        found.append(f"({'lands' if stage.on_complete == OnComplete.merge else 'tells'})")
    return found


def _wrapped(cells: Sequence[str], between: str, lead: str, width: int, signs: Signs) -> list[str]:
    """The cells beside each other, on as many lines as the width asks for."""
    lines = [cells[0]]
    for cell in cells[1:]:
        if width and len(lines[-1]) + len(between) + len(cell.rstrip()) > width:
            lines.append(lead + cell)
        else:
            lines[-1] += between + cell
    return [_cut(line.rstrip(), width, signs) for line in lines]


def _cut(text: str, width: int, signs: Signs) -> str:
    return text if not width or len(text) <= width else text[: width - len(signs.cut)] + signs.cut


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WHY_CHARS else line[: WHY_CHARS - 3] + "..."


def duration(seconds: float) -> str:
    """``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
