"""Five hundred branches of a small repository, some of them bad, and the queue that lands them in as many lives as it takes.

``scenario`` is what a forked child does: it makes everything in its first life, and goes on with the queue in every other one.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

from orchestrator.boundaries import crash
from orchestrator.engine.merging import queue_named
from orchestrator.nouns.merging import OPEN_ENTRIES
from tests.line import Line, line
from tests.repos import WHO, git

BRANCHES = 500
CONFIG = "context_file: false\nkeep_up: notify\nmerge: {batch: 16, parallel_checks: 2}\n"
CHECK = "if grep -q red a; then echo FAILED a is red; exit 1; fi; test $(grep -c x a) -eq $(grep -c x b)"
"""Red if a line says so, or if a line of one file lacks its twin in the other: what a branch brings must come as a whole."""

SHARES = {"good": 70, "red": 10, "conflict": 10, "stale": 10}
"""Percent. ``conflict``: a line that others change too; ``stale``: rewritten or deleted as soon as it is queued."""


def kinds() -> list[str]:
    chance = random.Random(4)
    return chance.choices(list(SHARES), list(SHARES.values()), k=BRANCHES)


def page(number: int, word: str) -> str:
    """A file in which each branch has a line of its own, far enough from the others to merge."""
    lines = ["-"] * (4 * BRANCHES)
    if number >= 0:
        lines[4 * number] = word
    return "\n".join(lines) + "\n"


def make_branches(repo: Path) -> dict[str, str]:
    """Branch → its head; all made by one ``git fast-import``, each on an older state of main than the last ones that land."""
    stream = []
    for number, kind in enumerate(kinds()):
        files = {"a": page(number, "red" if kind == "red" else "x"), "b": page(number, "x")}
        files |= {"shared": f"{number}\n"} if kind == "conflict" else {}
        blobs = "".join(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files.items())
        stream.append(
            f"commit refs/heads/b{number}\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 2\nb\nfrom main^0\n{blobs}\n"
        )
    made = ["git", "fast-import", "--quiet"]
    subprocess.run(made, cwd=repo, input="".join(stream), text=True, env={**WHO}, check=True)
    listed = git(repo, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/b*").splitlines()
    return dict(entry.split() for entry in listed)


async def prepare(shop: Line, directory: Path) -> None:
    path = shop.repo / ".televibe" / "config.yaml"
    text = "\n".join(f"checks: [{json.dumps(CHECK)}]" if t.startswith("checks:") else t for t in path.read_text().splitlines())
    path.write_text(text + "\n")
    for name, text in {"shared": "start\n", "a": page(-1, ""), "b": page(-1, "")}.items():
        (shop.repo / name).write_text(text)
    git(shop.repo, "add", "-A")
    git(shop.repo, "commit", "-qm", "small")
    heads = make_branches(shop.repo)
    (directory / "heads.json").write_text(json.dumps({"start": git(shop.repo, "rev-parse", "main"), "heads": heads}))
    await queue_named(shop.deps, [f"b{number}" for number in range(BRANCHES)])
    changes = []
    for number, kind in enumerate(kinds()):
        if kind == "stale":
            new = heads["b0"] if number % 2 else "0" * 40  # another commit altogether, or none
            changes.append(f"update refs/heads/b{number} {new}" if number % 2 else f"delete refs/heads/b{number}")
    subprocess.run(["git", "update-ref", "--stdin"], cwd=shop.repo, input="\n".join(changes) + "\n", text=True, check=True)


async def scenario(directory: Path, at: str) -> None:
    async with line(directory, "scripts: []\n", CONFIG) as shop:
        if not (directory / "heads.json").exists():
            await prepare(shop, directory)
        crash.arm(at)
        await shop.engine.until_idle()
        async with shop.store.reading() as store:
            assert await store.merge_entries(shop.deps.project.id, states=OPEN_ENTRIES) == []
            entries = await store.merge_entries(shop.deps.project.id)
    (directory / "entries.json").write_text(json.dumps([entry.model_dump(mode="json") for entry in entries]))
