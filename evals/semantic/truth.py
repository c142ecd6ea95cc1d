"""The truth of a case: its tests are run on both sides and on the merge, never taken from a label."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from evals.semantic.cases import Case
from evals.semantic.repository import Commits, check_out, merged

SECONDS = 60.0
"""For one run of a case's tests."""


@dataclass(frozen=True)
class Truth:
    """How the tests ended. ``clean``: git merged both sides."""

    a: bool
    b: bool
    clean: bool
    merged: bool
    said: str  # the last lines of the tests that failed

    def conflict(self) -> bool:
        return self.a and self.b and self.clean and not self.merged

    def wrong(self, case: Case) -> str:
        """Why this is not what was planned; empty if it is."""
        if not (self.a and self.b):
            return f"side {'b' if self.a else 'a'} is red by itself: {self.said}"
        if not self.clean:
            return "git cannot merge the sides"
        if self.merged is case.conflict:
            return f"the merge is {'green' if self.merged else 'red'}, not as planned {self.said}"
        return ""


def truths(cases: Sequence[Case], commits: Sequence[Commits], repository: Path) -> Iterator[Truth]:
    """The truth of each case, in order, with as many runs at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_truth, cases, commits, repeat(repository))


def refuted(cases: Sequence[Case], commits: Sequence[Commits], repository: Path) -> list[str]:
    """The cases whose tests say something else than the case does, one line each. How far it is goes to standard error."""
    found = []
    for number, (case, truth) in enumerate(zip(cases, truths(cases, commits, repository), strict=True), 1):
        if why := truth.wrong(case):
            found.append(f"{case.name}: {why}")
        if number % 50 == 0:
            print(f"… the tests of {number} of {len(cases)} cases", file=sys.stderr, flush=True)
    return found


def _truth(case: Case, commits: Commits, repository: Path) -> Truth:
    tree = merged(repository, commits)
    ends = [_tested(case, one, repository) for one in (commits.a, commits.b, *([tree] if tree else []))]
    said = next((text for green, text in ends if not green), "")
    return Truth(a=ends[0][0], b=ends[1][0], clean=tree is not None, merged=tree is not None and ends[2][0], said=said)


def _tested(case: Case, tree: str, repository: Path) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="televibe-eval-") as scratch:
        place = Path(scratch) / "tree"
        check_out(repository, tree, place)
        return _run(case.test, place)


def _run(command: str, place: Path) -> tuple[bool, str]:
    words = re.sub(r"^python\b", f"'{sys.executable}'", command)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    process = subprocess.Popen(
        words,
        shell=True,
        cwd=place,
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False, f"longer than {SECONDS:.0f} s"
    return process.returncode == 0, " | ".join(out.decode(errors="replace").strip().splitlines()[-8:])[-600:]
