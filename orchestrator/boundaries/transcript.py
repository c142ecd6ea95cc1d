"""The transcript: what an agent was told, said and did in a job, one JSON object a line in the session's own directory."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any


class Transcript:
    """Appends to a file only its owner can read. Lines: ``{at, kind, …}``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Transcript:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, kind: str, what: dict[str, Any], at: datetime) -> None:
        self._file.write(json.dumps({"at": at.isoformat(), "kind": kind, **what}, ensure_ascii=False) + "\n")
        self._file.flush()


def read_transcript(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines after ``offset`` (bytes), and the offset to go on from. A line that is being written is left for the next time."""
    if not path.is_file():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        whole = file.read().rpartition(b"\n")[0]
    lines = []
    for line in whole.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue  # cut off by a crash; the next attempt wrote on
    return lines, offset + len(whole) + (1 if whole else 0)
