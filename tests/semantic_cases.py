"""Small programs and two changes of each, with git's own merge of them: what the tests of semantic conflicts are made of."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from orchestrator.nouns.conflict import Finding
from orchestrator.verbs.semantic.trees import findings_of

Files = Mapping[str, str | None]
"""Path → text, beginning anywhere; None: deleted."""


def tree(files: Files, base: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    found = dict(base or {})
    for path, text in files.items():
        if text is None:
            del found[path]
        else:
            found[path] = textwrap.dedent(text).lstrip("\n").encode()
    return found


def merge(base: Mapping[str, bytes], a: Mapping[str, bytes], b: Mapping[str, bytes], place: Path) -> dict[str, bytes]:
    """File by file, as git merges contents. The two have to merge cleanly."""
    merged = {}
    for path in sorted({*base, *a, *b}):
        mine = a.get(path) if base.get(path) != a.get(path) else b.get(path)
        if a.get(path) != base.get(path) != b.get(path) and a.get(path) != b.get(path):
            names = [place / name for name in ("a", "base", "b")]
            for file, side in zip(names, (a, base, b), strict=True):
                file.write_bytes(side[path])
            done = subprocess.run(["git", "merge-file", "-p", *map(str, names)], capture_output=True, check=False)
            assert done.returncode == 0, f"{path} does not merge:\n{done.stdout.decode()}"
            mine = done.stdout
        if mine is not None:
            merged[path] = mine
    return merged


def collisions(base: Files, a: Files, b: Files, place: Path) -> list[Finding]:
    """What is found between the branches with these changes of ``base``, once either way: it must not matter who is called a."""
    start = tree(base)
    one, other = tree(a, start), tree(b, start)
    merged = merge(start, one, other, place)
    found = findings_of(start, one, other, merged)
    turned = findings_of(start, other, one, merged)
    assert sorted((f.cause, f.files, f.symbols) for f in found) == sorted((f.cause, f.files, f.symbols) for f in turned)
    return found
