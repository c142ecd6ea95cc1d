"""What running the tests said of each planted case, kept so that scoring need not run them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evals.semantic.cases import Case
from evals.semantic.generate import SEED

FILE = Path(__file__).with_name("manifest.json")
COMMAND = "python -m evals.semantic verify"


class Stale(Exception):
    """The truth of a case is not known, or not of the case as it is now."""


def write_manifest(cases: Sequence[Case]) -> None:
    """Keep the truth of cases that came out as planned."""
    lines = [f"  {json.dumps(case.name)}: {json.dumps([case.conflict, case.digest])}" for case in cases]
    head = f'{{\n"made_by": "{COMMAND}",\n"seed": {SEED},\n"cases": {{\n'
    FILE.write_text(head + ",\n".join(lines) + "\n}\n}\n", encoding="utf-8")


def check_manifest(cases: Sequence[Case]) -> None:
    """``Stale`` unless the tests of every case were run as it is now, and said what was planned."""
    known = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
    for case in cases:
        if known.get(case.name) != [case.conflict, case.digest]:
            raise Stale(f"the truth of {case.name} is not known; `{COMMAND}` finds it by running its tests")
    if gone := set(known) - {case.name for case in cases}:
        raise Stale(f"{min(gone)} is no case any more; `{COMMAND}` makes the manifest anew")
