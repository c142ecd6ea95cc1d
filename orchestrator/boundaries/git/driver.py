"""Our merge driver for ``.televibe/context.yaml``, installed in a repository's own settings; nothing of it is committed.

``info/attributes`` says which driver merges the file, ``config`` what the driver is; both belong to the main repository, so that
every linked worktree has them (gitattributes(5), "Defining a custom merge driver").
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from orchestrator.boundaries.config import write_atomically
from orchestrator.boundaries.git.run import Recorder, git_status, run_git
from orchestrator.nouns.context_file import FILE

DRIVER = "televibe-context"
ATTRIBUTE = f"{FILE} merge={DRIVER}"
NAME = "entries of the shared context (TeleVibe)"


class Installed(StrEnum):
    """How far the driver is there."""

    missing = "missing"
    elsewhere = "elsewhere"  # it calls another televibe than this one
    ready = "ready"


@dataclass(frozen=True)
class MergeDriver:
    """What is installed, and in which two files."""

    state: Installed
    command: str
    attributes: Path


def driver_command() -> str:
    """What git is to run, in a shell: this installation's televibe, whatever the directory. Modules are not taken from there (-P)."""
    script = Path(sys.executable).with_name("televibe")
    words = [str(script)] if script.exists() else [sys.executable, "-P", "-m", "orchestrator.doors"]
    return f"{shlex.join(words)} context merge %O %A %B"


async def merge_driver(root: str, record: Recorder) -> MergeDriver:
    """What there is now."""
    asked = ["rev-parse", "--path-format=absolute", "--git-path", "info/attributes"]
    attributes = Path((await run_git(root, asked, record=record)).decode().rstrip("\n"))
    _, command, _ = await git_status(root, ["config", "--local", f"merge.{DRIVER}.driver"], record=record)
    found = command.decode(errors="replace").rstrip("\n")
    if not found or ATTRIBUTE not in _lines(attributes):
        state = Installed.missing
    else:
        state = Installed.ready if found == driver_command() else Installed.elsewhere
    return MergeDriver(state, found, attributes)


async def install_merge_driver(root: str, record: Recorder) -> bool:
    """Install it; False when it was there. Other attributes stay as they are."""
    before = await merge_driver(root, record)
    if before.state is Installed.ready:
        return False
    lines = _lines(before.attributes)
    if ATTRIBUTE not in lines:
        write_atomically(before.attributes, "".join(f"{line}\n" for line in (*lines, ATTRIBUTE)))
    for key, value in (("name", NAME), ("driver", driver_command())):
        await run_git(root, ["config", "--local", f"merge.{DRIVER}.{key}", value], record=record)
    return True


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if path.is_file() else []
