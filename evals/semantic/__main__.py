"""``python -m evals.semantic verify``: run all tests and keep what they said; ``… write DIR [--seed N]``: the cases as directories."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.semantic.cases import Case
from evals.semantic.folder import write_cases
from evals.semantic.generate import SEED, planted
from evals.semantic.manifest import FILE, write_manifest
from evals.semantic.repository import commit_all
from evals.semantic.truth import refuted


def verify(cases: Sequence[Case]) -> list[str]:
    """Run the tests of every case; one line for each that is not as planned."""
    with tempfile.TemporaryDirectory(prefix="televibe-eval-") as scratch:
        repository = Path(scratch) / "cases.git"
        return refuted(cases, commit_all(cases, repository), repository)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.semantic")
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("verify", help="run all tests; the manifest is written for the usual seed")
    writing = commands.add_parser("write", help="write the cases as directories")
    writing.add_argument("directory", type=Path)
    for one in (checking, writing):
        one.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(words)
    cases = planted(given.seed)
    if given.command == "write":
        write_cases(cases, given.directory)
        print(f"{len(cases)} cases below {given.directory}")
        return 0
    wrong = verify(cases)
    print("\n".join(wrong) or f"{len(cases)} cases, {sum(case.conflict for case in cases)} of them conflicts, are as planned")
    if not wrong and given.seed == SEED:
        write_manifest(cases)
        print(f"wrote {FILE.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
