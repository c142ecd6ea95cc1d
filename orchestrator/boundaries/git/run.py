"""The one place that starts git: argument lists only, nothing of the repository's is run, every command is recorded."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from orchestrator.boundaries.crash import passing
from orchestrator.nouns.errors import GitError, NotReady

SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "gc.auto=0")
"""git runs hooks and a file-system monitor of the repository's choosing; not for us. gc is left to the user."""

MINIMUM = (2, 38)
"""``merge-tree --write-tree`` came with git 2.38."""

TIMEOUT_SECONDS = 300.0
OUTPUT_BYTES = 64_000_000
GONE_SECONDS = 2.0
"""For a process that was killed; its pipes are let go then."""

PIECE = 1 << 20
_DROPPED = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_COMMON_DIR"}


@dataclass(frozen=True)
class Ran:
    """One command that was run, as the journal keeps it. ``argv`` is without the safe flags."""

    directory: str
    argv: tuple[str, ...]
    status: int
    milliseconds: int


Recorder = Callable[[Ran], None]


CHANGING = frozenset(
    "add branch checkout cherry-pick clean commit commit-tree fetch merge read-tree rebase reset stash symbolic-ref update-index "
    "update-ref write-tree".split()
) | {"worktree add", "worktree remove", "worktree prune"}
"""Commands that change something, as ``changing`` names them."""


def changing(arguments: Sequence[str]) -> str:
    """The command, without options before it, if it changes something; else nothing."""
    words = list(arguments)
    while len(words) > 1 and words[0] == "-c":
        words = words[2:]
    two = " ".join(words[:2])
    return two if two in CHANGING else words[0] if words and words[0] in CHANGING else ""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without what an outer git set, without prompts, pagers and editors."""
    kept = {k: v for k, v in os.environ.items() if k not in _DROPPED}
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "GIT_EDITOR": "true",
        "GIT_MERGE_AUTOEDIT": "no",
        **(extra or {}),
    }


async def run_git(
    directory: str,
    arguments: Sequence[str],
    *,
    record: Recorder,
    stdin: bytes | None = None,
    extra: Mapping[str, str] | None = None,
    allowed: Sequence[int] = (0,),
) -> bytes:
    """Run ``git <arguments>`` in ``directory`` and return its stdout. ``GitError`` unless the status is among ``allowed``.

    A cancelled call kills git and everything it started.
    """
    status, out, err = await git_status(directory, arguments, record=record, stdin=stdin, extra=extra)
    if status in allowed:
        return out
    said = err.decode(errors="replace").strip()
    line = next((li for li in said.splitlines() if li.startswith(("fatal:", "error:"))), said.splitlines()[0] if said else "")
    raise GitError(
        f"git {arguments[0]} failed: {line.removeprefix('fatal: ').removeprefix('error: ')}",
        argv=tuple(arguments),
        status=status,
        said=said,
    )


async def git_status(
    directory: str,
    arguments: Sequence[str],
    *,
    record: Recorder,
    stdin: bytes | None = None,
    extra: Mapping[str, str] | None = None,
) -> tuple[int, bytes, bytes]:
    """(status, stdout, stderr) whatever the status."""
    started = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *SAFE,
            *arguments,
            cwd=directory,
            env=environment(extra),
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=OUTPUT_BYTES,
        )
    except FileNotFoundError as error:
        if error.filename == "git":
            raise NotReady("git is not installed", "install git 2.38 or newer, e.g. apt install git") from error
        raise GitError(f"the directory {directory} is gone", "was the worktree removed by hand?") from error
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        raise GitError(f"git {arguments[0]} took longer than {TIMEOUT_SECONDS:g} seconds", argv=tuple(arguments)) from None
    finally:
        if process.returncode is None:
            await killed(process)
    status = process.returncode or 0
    if (changed := changing(arguments)) and status == 0:
        passing(f"git {changed}")
    record(Ran(directory, tuple(arguments), status, round((time.monotonic() - started) * 1000)))
    return status, out, err


async def git_version() -> tuple[int, int, int]:
    """Of the git on PATH."""
    said = (await run_git("/", ["version"], record=lambda _: None)).decode()
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if found is None:
        raise NotReady(f"git says {said.strip()!r} when asked for its version", "install git 2.38 or newer")
    return int(found[1]), int(found[2]), int(found[3] or 0)


async def require_git() -> tuple[int, int, int]:
    """The version, if it is new enough."""
    version = await git_version()
    if version[:2] < MINIMUM:
        text = ".".join(map(str, version))
        raise NotReady(f"git {text} is too old", "install git 2.38 or newer (it merges without a worktree)")
    return version


async def killed(process: asyncio.subprocess.Process) -> None:
    """Kill it and everything in its group, and wait until it is gone; not for a process elsewhere that keeps its pipe open.

    ``wait`` alone may never return: it waits for the pipes to end as well, and nobody reads one on which much is left unread.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(GONE_SECONDS):
            for pipe in (process.stdout, process.stderr):
                while pipe is not None and await pipe.read(PIECE):
                    pass
            await process.wait()
    except TimeoutError:
        process._transport.close()  # type: ignore[attr-defined]  # there is no public way to let go of its pipes
