"""The cases as real commits of one bare repository: ``refs/heads/<n>/base``, ``/a`` and ``/b`` for the n-th case."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.semantic.cases import Case, Tree

AUTHOR = "eval <eval@localhost> 1735689600 +0000"
ISOLATED = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass(frozen=True)
class Commits:
    """One case in git."""

    base: str
    a: str
    b: str


def commit_all(cases: Sequence[Case], directory: Path) -> list[Commits]:
    """Make the repository; the commits of each case, in order."""
    _git(directory.parent, "init", "-q", "--bare", str(directory))
    _git(directory, "fast-import", "--quiet", "--export-marks=marks", stdin=b"".join(_stream(cases)))
    marks = dict(line.split() for line in (directory / "marks").read_text().splitlines())
    ids = [marks[f":{number}"] for number in range(1, 3 * len(cases) + 1)]
    return [Commits(*ids[at : at + 3]) for at in range(0, len(ids), 3)]


def merged(directory: Path, commits: Commits) -> str | None:
    """The tree of the merge; None when git cannot merge them."""
    ran = _run(directory, "merge-tree", "--write-tree", "--no-messages", commits.a, commits.b)
    if ran.returncode > 1:
        raise RuntimeError(ran.stderr.decode(errors="replace"))
    return None if ran.returncode else ran.stdout.decode().split()[0]


def check_out(directory: Path, tree: str, to: Path) -> None:
    """Write the files of a commit or tree to a new directory."""
    with tarfile.open(fileobj=io.BytesIO(_git(directory, "archive", tree))) as archive:
        archive.extractall(to, filter="data")


def _stream(cases: Sequence[Case]) -> Iterator[bytes]:
    for number, case in enumerate(cases):
        mark = 3 * number + 1
        yield _commit(f"{number}/base", mark, None, case.base)
        yield _commit(f"{number}/a", mark + 1, mark, case.a)
        yield _commit(f"{number}/b", mark + 2, mark, case.b)


def _commit(branch: str, mark: int, parent: int | None, tree: Tree) -> bytes:
    subject = branch.encode()
    said = [
        f"commit refs/heads/{branch}\nmark :{mark}\nauthor {AUTHOR}\ncommitter {AUTHOR}\ndata {len(subject)}\n".encode(),
        subject,
        b"\n",
    ]
    if parent is not None:
        said.append(f"from :{parent}\n".encode())
    said.append(b"deleteall\n")
    for path, text in sorted(tree.items()):
        data = text.encode(errors="surrogateescape")
        said += [f"M 100644 inline {_quoted(path)}\ndata {len(data)}\n".encode(errors="surrogateescape"), data, b"\n"]
    return b"".join(said)


def _quoted(path: str) -> str:
    """As fast-import reads a path that may hold anything."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    ran = _run(directory, *arguments, stdin=stdin)
    if ran.returncode:
        raise RuntimeError(f"git {arguments[0]}: {ran.stderr.decode(errors='replace')}")
    return ran.stdout


def _run(directory: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "core.hooksPath=/dev/null", *arguments]
    return subprocess.run(command, cwd=directory, input=stdin, capture_output=True, check=False, env={**os.environ, **ISOLATED})
