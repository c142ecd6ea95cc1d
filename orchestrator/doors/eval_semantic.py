"""``televibe eval semantic``: the cases, the engine's answers, and how often they are right."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.scores import SCORES, Answer, by_kind, confusion, document, interval, latency
from evals.semantic.cases import Case
from evals.semantic.checker import asked
from evals.semantic.folder import cases_below
from evals.semantic.generate import planted
from evals.semantic.manifest import Stale, check_manifest
from evals.semantic.repository import commit_all
from evals.semantic.truth import refuted
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.errors import NotReady, UsageError

POLICY = "deterministic"
"""The search reads code and asks no model."""


async def score_semantic(directory: Path | None, out: Out, *, verify: bool, kind: str | None, show: str, as_json: bool) -> int:
    """Ask the engine about each case, and print what is right and what is wrong. 1 if ``verify`` refutes a case."""
    cases = _of_kind(_cases(directory, verify=verify), kind)
    with tempfile.TemporaryDirectory(prefix="televibe-eval-") as scratch:
        repository = Path(scratch) / "cases.git"
        commits = await asyncio.to_thread(commit_all, cases, repository)
        wrong = await asyncio.to_thread(refuted, cases, commits, repository) if verify else []
        answers = [answer async for answer in asked(cases, commits, repository)]
    if as_json:
        out.document({**document("semantic", POLICY, answers), **({"refuted": wrong} if verify else {})})
    else:
        _print(out, answers, show)
        for line in wrong:
            out.line(f"not as the case says: {line}", Tone.bad)
        if verify and not wrong:
            out.line(f"the tests of all {len(cases)} cases say the same as the cases", Tone.good)
    return 1 if wrong else 0


def _cases(directory: Path | None, *, verify: bool) -> list[Case]:
    if directory is not None:
        return cases_below(directory)
    cases = planted()
    try:
        if not verify:
            check_manifest(cases)
    except Stale as error:
        raise NotReady(str(error)) from None
    return cases


def _of_kind(cases: list[Case], kind: str | None) -> list[Case]:
    if kind is None:
        return cases
    if found := [case for case in cases if case.kind == kind]:
        return found
    raise UsageError(f"no case is of kind {kind!r}", f"there are: {', '.join(sorted({case.kind for case in cases}))}")


def _print(out: Out, answers: Sequence[Answer], show: str) -> None:
    whole = confusion(answers)
    rows = [
        [kind, str(one.hits), str(one.missed), str(one.false_alarms), str(one.quiet)]
        for kind, one in [*by_kind(answers).items(), ("all", whole)]
    ]
    out.table(["kind", "found", "missed", "false alarms", "rightly quiet"], rows)
    for name, score in SCORES.items():
        low, high = interval(answers, score)
        out.line(f"{name:<9} {score(whole):.3f}   95 % of resamples: {low:.3f} to {high:.3f}")
    times = latency(answers)
    out.line(f"{len(answers)} cases, {times['p50']:.1f} ms each (p95 {times['p95']:.1f} ms)", Tone.quiet)
    for answer in answers:
        if show == "all" or (show == "wrong" and answer.said is not answer.right):
            out.line(_line(answer), Tone.plain if answer.said is answer.right else Tone.bad)


def _line(answer: Answer) -> str:
    words = {(True, False): "missed", (False, True): "false alarm", (True, True): "found", (False, False): "rightly quiet"}
    said = f": {answer.words}" if answer.words else ""
    return f"{words[answer.right, answer.said]}: {answer.kind} {answer.name}{said}"
