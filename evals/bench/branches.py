"""A large repository with many live branches, made of the sources of packages that are installed here: real files, real sizes."""

from __future__ import annotations

import asyncio
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from evals.bench.places import ISOLATED, git

FILE_BYTES = 200_000
FORKS = 30
"""Commits on main from which branches start."""

HOT = 40
"""Files that branches like to touch; every project has some."""


def sources(limit: int) -> dict[str, bytes]:
    """Path → content of up to ``limit`` Python files of the installed packages, the packages with most files first."""
    site = Path(sysconfig.get_path("purelib"))
    packages = {path: sorted(path.rglob("*.py")) for path in site.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    found: dict[str, bytes] = {}
    for package in sorted(packages, key=lambda path: (-len(packages[path]), path.name)):
        for file in packages[package]:
            content = file.read_bytes()
            if 200 < len(content) < FILE_BYTES and len(found) < limit:
                found[str(file.relative_to(site))] = content
    return found


async def many_branches(directory: Path, files: int, branches: int) -> Path:
    """main with ``FORKS`` commits, and branches from any of them that change, add, rename and delete. The same every time."""
    directory.mkdir(parents=True)
    await git(directory, "init", "-q", "-b", "main")
    process = await asyncio.create_subprocess_exec(
        "git", "fast-import", "--quiet", cwd=directory, env=ISOLATED, stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(b"".join(_stream(sources(files), branches, random.Random(5))))
    if process.returncode != 0:
        raise RuntimeError("git fast-import failed")
    await git(directory, "reset", "-q", "--hard", "main")
    await git(directory, "repack", "-adq")
    return directory


def _stream(files: dict[str, bytes], branches: int, dice: random.Random) -> Iterator[bytes]:
    names = sorted(files)
    hot = dice.sample(names, HOT)
    yield _commit("main", 1, 0, b"".join(_put(name, content) for name, content in files.items()))
    for mark in range(2, FORKS + 1):
        yield _commit("main", mark, mark - 1, b"".join(_edit(name, files[name], dice) for name in dice.sample(names, 8)))
    for number in range(branches):
        own = dice.sample(names, 12)
        changes = [_edit(name, files[name], dice) for name in {*own[:8], *dice.sample(hot, 2)}]
        changes.append(_put(f"added/by_{number}.py", f"VALUE = {number}\n".encode()))
        changes.append(f'D "{own[9]}"\n'.encode() if number % 3 == 0 else b"")
        changes.append(f'R "{own[10]}" "{own[10][:-3]}_{number}.py"\n'.encode() if number % 4 == 0 else b"")
        yield _commit(f"work/{number}", FORKS + 1 + number, dice.randint(FORKS // 2, FORKS), b"".join(changes))


def _edit(name: str, content: bytes, dice: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    return _put(name, b"".join([*lines[:at], f"# changed {dice.random()}\n".encode(), *lines[at + 1 :]]))


def _put(name: str, content: bytes) -> bytes:
    return f'M 100644 inline "{name}"\ndata {len(content)}\n'.encode() + content + b"\n"


def _commit(branch: str, mark: int, parent: int, changes: bytes) -> bytes:
    above = f"from :{parent}\n" if parent else ""
    who = f"bench <bench@localhost> {1_700_000_000 + mark} +0000"
    head = f"commit refs/heads/{branch}\nmark :{mark}\ncommitter {who}\ndata 4\nwork\n{above}"
    return head.encode() + changes + b"\n"
