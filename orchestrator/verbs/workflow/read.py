"""Read: the text of a workflow file → Workflow, or everything that is wrong with it, each with its line and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.flow import Stage, Workflow
from orchestrator.verbs.near import meant
from orchestrator.verbs.strict_yaml import Read, read_strict, shown
from orchestrator.verbs.workflow.keys import DEFAULTS, FILE_KEYS, MOST_STAGES, STAGE_KEYS, Key
from orchestrator.verbs.workflow.validate import Fault, Known, Path, faults_of
from orchestrator.verbs.workflow.values import Wrong

EXAMPLE = "e.g. stages: [{stage_id: build, role: implementer, instruction: '{goal}'}]"


@dataclass(frozen=True)
class Placed:
    """A fault where a reader finds it: lines and columns from 1."""

    line: int
    column: int
    what: str
    remedy: str

    def said(self, name: str) -> str:
        return f"{name}:{self.line}:{self.column}: {self.what}"


@dataclass(frozen=True)
class Examined:
    """A file that was read: the workflow, or (None) the faults, from the top of the file."""

    workflow: Workflow | None
    faults: tuple[Placed, ...] = ()


def read_workflow(text: str, name: str, known: Known) -> Workflow:
    """The workflow in ``text``; ``ConfigError`` (``name:line:column: what``) for the first fault, and how many more there are."""
    examined = examine(text, name, known)
    if examined.workflow is None:
        first, *others = examined.faults
        more = f" (and {len(others)} more: `televibe workflow check` lists them)" if others else ""
        raise ConfigError(first.said(name) + more, first.remedy)
    return examined.workflow


def examine(text: str, name: str, known: Known) -> Examined:
    """Read all of it. ``ConfigError`` when it is not YAML that we take, because then there is nothing to look at."""
    read = read_strict(text, name, columns=True)
    faults: list[Fault] = []
    workflow = _workflow(read.value, name, known, faults)
    if faults or workflow is None:
        return Examined(None, tuple(sorted((_placed(read, fault) for fault in faults), key=lambda one: (one.line, one.column))))
    return Examined(workflow)


def _placed(read: Read, fault: Fault) -> Placed:
    return Placed(*read.place(fault.path), fault.what, fault.remedy)


def _workflow(value: Any, name: str, known: Known, faults: list[Fault]) -> Workflow | None:
    if not isinstance(value, dict):
        faults.append(Fault((), f"must be a mapping with stages, not {shown(value)}", EXAMPLE))
        return None
    said = _values(value, FILE_KEYS, ("stages",), (), faults)
    if said.get("agent") is not None and said["agent"] not in known.agents:
        faults.append(
            Fault(("agent",), f"there is no agent kind {said['agent']!r}", meant(said["agent"], known.agents, listed="kinds"))
        )
    defaults = {FILE_KEYS[key].field: said.pop(FILE_KEYS[key].field) for key in DEFAULTS if FILE_KEYS[key].field in said}
    stages = _stages(value, defaults, faults)
    if stages is None:
        return None
    faults += faults_of(stages, known)
    return None if faults else Workflow(stages=tuple(stages), **{"name": PurePath(name).stem, **said})


def _stages(value: Mapping[str, Any], defaults: Mapping[str, Any], faults: list[Fault]) -> list[Stage] | None:
    """Every stage that can be read; None when one cannot, because it would be missed by the others."""
    if "stages" not in value:
        faults.append(Fault((), "stages: is missing", EXAMPLE))
        return None
    listed = value["stages"]
    if not isinstance(listed, list) or not listed:
        faults.append(Fault(("stages",), f"stages: must be a list of stages, not {shown(listed) if listed else 'empty'}", EXAMPLE))
        return None
    if len(listed) > MOST_STAGES:
        faults.append(Fault(("stages",), f"stages: there are {len(listed):,}; at most {MOST_STAGES:,} are taken", "split the file"))
        return None
    stages = [_stage(one, ("stages", at), defaults, faults) for at, one in enumerate(listed)]
    read = [stage for stage in stages if stage is not None]
    return read if len(read) == len(stages) else None


def _stage(value: Any, here: Path, defaults: Mapping[str, Any], faults: list[Fault]) -> Stage | None:
    if not isinstance(value, dict):
        faults.append(Fault(here, f"a stage must be a mapping, not {shown(value)}", EXAMPLE))
        return None
    before = len(faults)
    said = _values(value, STAGE_KEYS, (), here, faults)
    named = value["stage_id"] if isinstance(value.get("stage_id"), str) else f"stage {int(here[-1]) + 1}"
    for key, remedy in (("stage_id", "add a name, e.g. stage_id: review"), ("instruction", "add what its agent is told")):
        if key not in value:
            faults.append(Fault(here, f"{named} has no {key}", remedy))
    if "rounds" in value and "rework" not in value:
        faults.append(Fault((*here, "rounds"), f"{named} has rounds, and no rework that they would limit", "add rework: STAGE"))
    return Stage(**{**defaults, **said}) if len(faults) == before else None


def _values(
    value: Mapping[str, Any], keys: Mapping[str, Key], others: Sequence[str], here: Path, faults: list[Fault]
) -> dict[str, Any]:
    """What the keys say, by the nouns' fields; a key that is unknown, or does not take its value, is a fault."""
    found: dict[str, Any] = {}
    for name, said in value.items():
        if name in others:
            continue
        if name not in keys:
            faults.append(Fault((*here, name), f"{name}: unknown key", meant(name, [*keys, *others], listed="known keys")))
            continue
        try:
            found[keys[name].field] = keys[name].kind.read(said)
        except Wrong as wrong:
            faults.append(Fault((*here, name), f"{name}: {wrong}", wrong.remedy))
    return found
