"""What an agent started and nobody stopped: found by the record of the run and by a mark in the environment, and killed.

A process group is not enough: Claude Code gives every shell command a session of its own, and one that outlives its parent
belongs to nobody. Each process of a run therefore carries ``TELEVIBE_AGENT_HOME`` in its environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.nouns.errors import AgentError

MARK = "TELEVIBE_AGENT_HOME"
RUN_FILE = "run.json"
PROC = Path("/proc")
GONE_WITHIN_SECONDS = 5.0
EXEC_LOOKS = 20
KERNEL_THREAD = 0x00200000
"""PF_KTHREAD among the flags of proc(5): field 9."""


def record(home: str, pid: int) -> None:
    """Note in the session's home who works for it: process id and start time, since ids are used again."""
    temporary = Path(home, f".{RUN_FILE}")
    temporary.write_text(json.dumps({"pid": pid, "started": start_time(pid)}))
    temporary.replace(Path(home, RUN_FILE))


def forget(home: str) -> None:
    """The recorded run is over, and nothing of it is left."""
    Path(home, RUN_FILE).unlink(missing_ok=True)


async def stop_leftover(home: str) -> list[int]:
    """Kill what an earlier run left in this home; returns the process ids. ``AgentError`` if something cannot be killed."""
    leader = recorded(home)
    pids = {*marked(home), *([leader] if leader else [])}
    if pids:
        kill(home, leader)
        await gone(pids)
    forget(home)
    return sorted(pids)


async def gone(pids: set[int]) -> None:
    """Wait until none of the (killed) processes is there any more."""
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while left := [pid for pid in pids if start_time(pid) is not None]:
        if time.monotonic() > deadline:
            raise AgentError(f"processes {left} of an earlier run cannot be stopped", f"kill -9 {' '.join(map(str, left))}")
        await asyncio.sleep(0.02)


def kill(home: str, leader: int | None) -> None:
    """SIGKILL to the leader's group and to all that carries the home's mark, until a look around finds nothing new."""
    if leader is not None:
        _signal_group(leader, signal.SIGKILL)
    for _ in range(5):  # what forks while we look is found by the next look
        found = marked(home)
        for pid in found:
            _signal(pid, signal.SIGKILL)
        if not found:
            return


def terminate(leader: int) -> None:
    """SIGTERM to the group: an agent's chance to end its own commands and to write its transcript."""
    _signal_group(leader, signal.SIGTERM)


def marked(home: str) -> list[int]:
    """Living processes that were started, directly or not, by an agent of this home."""
    return [pid for pid, environment in _environments() if f"{MARK}={home}".encode() in environment and pid != os.getpid()]


def start_time(pid: int) -> str | None:
    """When the process started, as an opaque text that is unique with the id; None when there is none (or only a zombie)."""
    if PROC.joinpath("self/stat").exists():
        try:
            after_name = PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
        return None if after_name[0] in {"Z", "X"} else f"{boot}/{after_name[19]}"  # proc(5): field 22, ticks since boot
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    state, _, started = shown.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def recorded(home: str) -> int | None:
    """The process that the session's home says works for it, if it is still that one."""
    try:
        run = json.loads(Path(home, RUN_FILE).read_text())
        pid, started = int(run["pid"]), run["started"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return pid if started is not None and start_time(pid) == started else None


def _environments() -> Iterator[tuple[int, list[bytes]]]:
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, check=False).stdout
        for line in shown.splitlines():
            pid, _, words = line.strip().partition(b" ")
            yield int(pid), words.split()
        return
    for directory in PROC.iterdir():
        if directory.name.isdigit():
            try:
                yield int(directory.name), _environment(directory).split(b"\0")
            except OSError:
                continue  # gone meanwhile, or another user's


def _environment(directory: Path) -> bytes:
    """Of one process. In the middle of ``exec`` it has none for a moment; kernel threads and zombies never have one."""
    for _ in range(EXEC_LOOKS):
        said = directory.joinpath("environ").read_bytes()
        state, *more = directory.joinpath("stat").read_text().rpartition(")")[2].split()
        if said or state in {"Z", "X"} or int(more[5]) & KERNEL_THREAD:
            return said
        time.sleep(0.001)
    return b""


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        _signal(pid, number)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
