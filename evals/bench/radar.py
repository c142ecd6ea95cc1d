"""Fifty live branches of a large repository: what it costs to see all conflicts, again after a commit, and in a dirty worktree."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from evals.bench.branches import many_branches
from evals.bench.figures import Figure, median
from evals.bench.places import ISOLATED
from graphs.radar import Semantic, Surveys
from orchestrator.boundaries.git.radar import open_radar
from orchestrator.boundaries.git.radar_scratch import scratch as objects_scratch
from orchestrator.nouns.compared import Span

FILES = 5000
BRANCHES = 50
ROUNDS = 3


async def radar(scratch: Path) -> list[Figure]:
    repository = await many_branches(scratch / "repository", FILES, BRANCHES)
    sharing = await _sharing(repository)
    floors, colds, again, same = [], [], [], []
    for number in range(ROUNDS):
        with objects_scratch(scratch) as objects:  # so that both write to the same kind of place
            floors.append(await _one_process(repository, sharing, objects))
        cold, commit, nothing = await _survey(repository, number)
        colds.append(cold)
        again.append(commit)
        same.append(nothing)
    floor, all_pairs = median(floors), BRANCHES * (BRANCHES - 1) // 2
    note = f"{all_pairs:,} pairs, {len(sharing)} share a path, {FILES:,} files; floor: git merge-tree --stdin over those"
    return [
        Figure(f"all pairs of {BRANCHES} branches, cold", median(colds), "ms", 1.5 * floor, floor=floor, note=note),
        Figure("… after a commit on one branch", median(again), "ms", 150.0, note=f"median of {ROUNDS}"),
        Figure("… when nothing changed", median(same), "ms", 10.0),
        *await _snapshots(repository),
    ]


async def _survey(repository: Path, number: int, semantic: Semantic | None = None) -> tuple[float, float, float]:
    """Milliseconds: from nothing, opening the radar included; after one more commit; once more."""
    started = time.perf_counter()
    async with open_radar(str(repository)) as opened:
        surveys = Surveys(opened, semantic)
        heads = await _work(opened.heads())
        await surveys.of(heads)
        cold = _since(started)
        await _one_more_commit(repository, f"work/{number}")
        started = time.perf_counter()
        heads = await _work(opened.heads())
        await surveys.of(heads)
        commit = _since(started)
        started = time.perf_counter()
        await surveys.of(await _work(opened.heads()))
        return cold, commit, _since(started)


async def _one_more_commit(repository: Path, branch: str) -> None:
    """A change of one of the files that the branch changed already."""
    changed = await _said(repository, "diff-tree", "-r", "--name-only", "--diff-filter=M", f"{branch}~", branch)
    path = changed.splitlines()[0]
    content = await _said(repository, "show", f"{branch}:{path}")
    who = "bench <bench@localhost> 1800000000 +0000"
    more = f'from refs/heads/{branch}^0\nM 100644 inline "{path}"\ndata {len(content.encode()) + 7}\n{content}# more\n\n'
    stream = f"commit refs/heads/{branch}\ncommitter {who}\ndata 4\nmore\n{more}"
    await _said(repository, "fast-import", "--quiet", stdin=stream)


async def _work(asked: object) -> dict[str, str]:
    heads: dict[str, str] = await asked  # type: ignore[misc]
    return {name: commit for name, commit in heads.items() if name.startswith("work/")}


async def _sharing(repository: Path) -> list[Span]:
    """Pairs of which both sides changed one path since their merge base, asked of git one by one."""
    commits = (await _said(repository, "for-each-ref", "--format=%(objectname)", "refs/heads/work/")).split()
    changed: dict[Span, set[str]] = {}
    found = []
    for a, b in combinations(commits, 2):
        base = (await _said(repository, "merge-base", a, b)).strip()
        for side in (a, b):
            if (base, side) not in changed:
                names = await _said(repository, "diff-tree", "-r", "--no-renames", "--name-only", base, side)
                changed[base, side] = set(names.splitlines())
        if changed[base, a] & changed[base, b]:
            found.append((a, b))
    return found


async def _one_process(repository: Path, pairs: Sequence[Span], objects: Path) -> float:
    """Milliseconds of ``git merge-tree --stdin`` over the pairs; what it writes goes beside the repository."""
    beside = {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository / ".git" / "objects")}
    lines = "".join(f"{a} {b}\n" for a, b in pairs)
    started = time.perf_counter()
    await _said(repository, "merge-tree", "--write-tree", "--stdin", "-z", stdin=lines, extra=beside)
    return _since(started)


async def _snapshots(repository: Path) -> list[Figure]:
    first = []
    async with open_radar(str(repository)) as opened:
        for number in range(ROUNDS):
            (repository / f"not_added_{number}.py").write_text(f"NEW = {number}\n")
            changed = next(repository.glob("*/__init__.py"))
            changed.write_text(f"# changed {number}\n")
            started = time.perf_counter()
            await opened.snapshot(str(repository))
            first.append(_since(started))
        await asyncio.sleep(0.1)
        await opened.snapshot(str(repository))
        started = time.perf_counter()
        await opened.snapshot(str(repository))
        unchanged = _since(started)
    return [
        Figure(f"snapshot of a dirty worktree of {FILES:,} files", median(first), "ms", 150.0, note=f"median of {ROUNDS}"),
        Figure("… unchanged since the last one", unchanged, "ms", 150.0, note="for information"),
    ]


async def _said(repository: Path, *arguments: str, stdin: str = "", extra: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        cwd=repository,
        env={**ISOLATED, **(extra or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(stdin.encode())
    if process.returncode != 0:
        raise RuntimeError(f"git {arguments[0]} failed")
    return out.decode(errors="surrogateescape")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
