"""Validate: faults of stages among each other, and with what the project has. Pure; a door or the reader says them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.nouns.flow import Stage
from orchestrator.nouns.session import SessionState
from orchestrator.verbs.agent_kinds import AGENT_KINDS
from orchestrator.verbs.near import meant
from orchestrator.verbs.roles import role_table
from orchestrator.verbs.workflow.order import ancestors, circle
from orchestrator.verbs.workflow.values import ID_CHARS

PART = "{part}"
GOAL = "{goal}"
SESSION_ID = re.compile(r"S[1-9][0-9]*\Z")
EACH_ID_CHARS = ID_CHARS - 4
"""Longest id of a stage that is there for each part: ``-100`` is added to it."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (a path of keys and positions), what, and the way out."""

    path: Path
    what: str
    remedy: str


@dataclass(frozen=True)
class Known:
    """What the stages may name. ``sessions`` is None when nobody looked: then any is taken."""

    roles: Collection[str] = tuple(role_table())
    sessions: Mapping[str, SessionState] | None = None
    agents: Collection[str] = AGENT_KINDS


def faults_of(stages: Sequence[Stage], known: Known) -> list[Fault]:
    """Everything that is wrong, in the order of the stages; a circle last."""
    found = list(_twice(stages))
    by_id = {stage.stage_id: stage for stage in reversed(stages)}
    needs = {stage.stage_id: stage.needs for stage in stages}
    for at, stage in enumerate(stages):
        here: Path = ("stages", at)
        found += _who(stage, known, here)
        found += _names(stage, by_id, here)
        found += _earlier(stage, by_id, needs, here)
        found += _parts(stage, by_id, here)
    if names := circle(needs):
        at = next(n for n, stage in enumerate(stages) if stage.stage_id == names[0])
        found.append(Fault(("stages", at, "needs"), f"the stages wait for each other: {' → '.join(names)}", "remove one of the needs"))
    return found


def _twice(stages: Sequence[Stage]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for at, stage in enumerate(stages):
        if stage.stage_id in seen:
            what = f"{stage.stage_id} is there twice (first as stage {seen[stage.stage_id] + 1})"
            yield Fault(("stages", at, "stage_id"), what, "give it another name")
        seen.setdefault(stage.stage_id, at)


def _who(stage: Stage, known: Known, here: Path) -> Iterator[Fault]:
    """Who does it: a role that there is, or a session that takes work."""
    if stage.session is not None and stage.role is not None:
        yield Fault((*here, "session"), f"{stage.stage_id} has both a session and a role", "keep one of them")
    if stage.role is not None and stage.role not in known.roles:
        yield Fault((*here, "role"), f"there is no role {stage.role!r}", meant(stage.role, known.roles, listed="roles"))
    if stage.session is not None:
        yield from _session(stage.session, known.sessions, here)


def _session(session: str, sessions: Mapping[str, SessionState] | None, here: Path) -> Iterator[Fault]:
    path = (*here, "session")
    if not SESSION_ID.match(session):
        yield Fault(path, f"{session[:40]!r} is not a session", "a session is named like S12; `televibe sessions` lists them")
    elif sessions is None:
        return
    elif session not in sessions:
        yield Fault(path, f"there is no session {session}", "`televibe sessions` lists them; with role: a new one is made")
    elif sessions[session] is SessionState.closed:
        yield Fault(path, f"session {session} is closed", "name another one, or a role: a new session is made")
    elif sessions[session] is SessionState.stopped:
        yield Fault(path, f"session {session} is stopped", f"`televibe session resume {session}` first")


def _names(stage: Stage, by_id: Mapping[str, Stage], here: Path) -> Iterator[Fault]:
    """What it needs is there, and is not itself."""
    for at, one in enumerate(stage.needs):
        path = (*here, "needs", at)
        if one not in by_id:
            yield Fault(path, f"{stage.stage_id} needs {one}, which is no stage", meant(one, by_id, listed="stages"))


def _earlier(stage: Stage, by_id: Mapping[str, Stage], needs: Mapping[str, Sequence[str]], here: Path) -> Iterator[Fault]:
    """What ``when`` and ``rework`` name comes before it."""
    named = [((*here, "when", one), "when", one) for one in stage.when]
    named += [((*here, "rework"), "rework", stage.rework)] if stage.rework is not None else []
    before = ancestors(needs, stage.stage_id) if named else set()
    for path, key, one in named:
        if one not in by_id:
            what = f"{key} of {stage.stage_id} names {one}, which is no stage"
            yield Fault(path, what, meant(one, by_id, listed="stages"))
        elif one not in before or one == stage.stage_id:
            what = f"{key} of {stage.stage_id} names {one}, which does not come before it"
            yield Fault(path, what, f"add {one} to its needs" if one != stage.stage_id else "name another stage")


def _parts(stage: Stage, by_id: Mapping[str, Stage], here: Path) -> Iterator[Fault]:
    """Stages that are there for each part of the goal: they say which, and leave their names free."""
    if stage.each_part and PART not in stage.instruction:
        what = f"{stage.stage_id} is there for each part, and its instruction does not say which"
        yield Fault((*here, "instruction"), what, "write {part} where the part belongs")
    if not stage.each_part and PART in stage.instruction:
        what = f"{stage.stage_id} speaks of {PART}, and is there only once"
        yield Fault((*here, "instruction"), what, "add `each: part` to the stage, or write { part }")
    if stage.each_part and len(stage.stage_id) > EACH_ID_CHARS:
        what = f"{stage.stage_id} is too long for a stage with each: at most {EACH_ID_CHARS} characters"
        yield Fault((*here, "stage_id"), what, "shorten it")
    numbered = re.match(r"(.+)-[0-9]+\Z", stage.stage_id)
    if numbered and (base := by_id.get(numbered[1])) is not None and base.each_part:
        what = f"{stage.stage_id} is what a part of {base.stage_id} will be called"
        yield Fault((*here, "stage_id"), what, "give it another name")
    back = by_id.get(stage.rework or "")
    if back is not None and back.each_part and not stage.each_part:
        what = f"rework of {stage.stage_id} names {stage.rework}, of which there is one for each part"
        yield Fault((*here, "rework"), what, "name a stage that is there once, such as the one that brings the parts together")
