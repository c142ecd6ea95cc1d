"""Fill in: a definition becomes what is run. The goal and its parts go into the instructions, and what a file may leave out is
said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestrator.nouns.errors import UsageError
from orchestrator.nouns.flow import OnComplete, Stage, Workflow
from orchestrator.verbs.classify import FOLLOW_UP
from orchestrator.verbs.plan import TITLE_CHARS
from orchestrator.verbs.split import clauses
from orchestrator.verbs.workflow.validate import GOAL

MOST_PARTS = 30
_HOLES = re.compile(r"\{(goal|part)\}")


def filled(workflow: Workflow, goal: str = "", parts: Sequence[str] = ()) -> Workflow:
    """The workflow for ``goal`` (else its own), one stage for each part where it says so, and an ``on_complete`` everywhere.

    Parts that nobody names are found in the goal. ``UsageError`` when a goal or parts are missing, or there is no use for them.
    """
    goal = goal.strip() or workflow.goal
    each = [stage for stage in workflow.stages if stage.each_part]
    if parts and not each:
        raise UsageError(
            f"the workflow {workflow.name} does not work in parts", "leave --part out; a stage with `each: part` takes them"
        )
    found = _parts(workflow, goal, parts) if each else ()
    goal = goal or "; ".join(found)
    if not goal and any(GOAL in stage.instruction for stage in workflow.stages):
        raise UsageError(f"the workflow {workflow.name} needs a goal", f'televibe workflow run {workflow.name} --goal "…"')
    stages = [one for stage in workflow.stages for one in _copies(stage, workflow, goal, found)]
    needed = {one for stage in stages for one in stage.needs}
    return workflow.model_copy(
        update={"goal": goal, "parts": tuple(found), "stages": tuple(_completed(stage, stage.stage_id in needed) for stage in stages)}
    )


def _parts(workflow: Workflow, goal: str, named: Sequence[str]) -> tuple[str, ...]:
    """The named ones, else the file's, else the pieces of the goal that say more than "review it"."""
    pieces = clauses(goal)
    own = [piece for piece in pieces if not FOLLOW_UP.match(piece)]
    found = tuple(named) or workflow.parts or tuple(own or pieces or ([goal] if goal else []))
    if not found:
        raise UsageError(f"the workflow {workflow.name} works in parts, and there are none", 'name them: --part "…" --part "…"')
    if len(found) > MOST_PARTS:
        raise UsageError(f"{len(found)} parts are too many; at most {MOST_PARTS}", "put several into one")
    return found


def _completed(stage: Stage, needed: bool) -> Stage:
    """A stage that no other needs brings its work home; one that others need, even under a condition, hands it to them: else work
    that a review sent on to be mended would have landed before."""
    if stage.on_complete is not None:
        return stage
    return stage.model_copy(update={"on_complete": OnComplete.handoff if needed else OnComplete.merge})


def _copies(stage: Stage, workflow: Workflow, goal: str, parts: Sequence[str]) -> list[Stage]:
    """The stage, or one for each part. Where it names stages that are there for each part, a copy means the one of its own part,
    and any other stage means all of them."""
    many = {one.stage_id for one in workflow.stages if one.each_part}
    if not stage.each_part:
        return [_one(stage, goal, {name: [f"{name}-{n}" for n in range(1, len(parts) + 1)] for name in many})]
    copies = []
    for number, part in enumerate(parts, start=1):
        copy = _one(stage, goal, {name: [f"{name}-{number}"] for name in many}, part)
        title = stage.title or " ".join(part.split())[:TITLE_CHARS]
        copies.append(copy.model_copy(update={"stage_id": f"{stage.stage_id}-{number}", "title": title, "each_part": False}))
    return copies


def _one(stage: Stage, goal: str, named: Mapping[str, Sequence[str]], part: str = "") -> Stage:
    words = {"goal": goal, "part": part}
    texts = {
        "instruction": _HOLES.sub(lambda hole: words[hole[1]] or hole[0], stage.instruction),
        "needs": tuple(one for need in stage.needs for one in named.get(need, [need])),
        "when": {one: wanted for name, wanted in stage.when.items() for one in named.get(name, [name])},
        "rework": next(iter(named.get(stage.rework, [stage.rework]))) if stage.rework else None,
    }
    return stage.model_copy(update=texts)
