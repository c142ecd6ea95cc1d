"""The journal of git commands: one JSON object a line, kept for ``televibe log --git``."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.boundaries.git.run import Ran

ROTATE_BYTES = 10_000_000


class Journal:
    """A recorder that appends to ``path``; ``path.1`` is the one before it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, ran: Ran) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "directory": ran.directory,
            "argv": ["git", *ran.argv],
            "status": ran.status,
            "milliseconds": ran.milliseconds,
        }
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode(errors="surrogateescape"))
            full = os.fstat(file).st_size > ROTATE_BYTES
        finally:
            os.close(file)
        if full:
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))


def read_journal(path: Path, limit: int) -> list[dict[str, Any]]:
    """The last ``limit`` commands, oldest first; a line cut off by a crash is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(errors="replace").removesuffix("\n").split("\n")[-limit:]:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
