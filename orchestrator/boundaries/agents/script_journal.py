"""The journal of a scripted run: what began and what is done, on disk before and after each step, so that nothing is done twice.

One JSON object a line: ``{"script", "conversation", "attempt"}`` when a run begins, ``{"began", "redo"}`` before a step and
``{"done", …}`` after it. A run with another script begins anew: what the journal says of the one before does not count for it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.boundaries.agents.script_edits import Rewrite
from orchestrator.nouns.errors import AgentError

SUFFIX = ".journal.jsonl"


@dataclass
class Spent:
    """What the steps of one or several runs used."""

    usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, usd: float, tokens_in: int, tokens_out: int) -> None:
        self.usd += usd
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out


@dataclass
class Journal:
    """The journal of one job. ``done`` and ``cut`` are about the run it was opened for, and those before it that it goes on from."""

    path: Path
    done: set[int] = field(default_factory=set)
    cut: int | None = None  # began and not done
    redo: Rewrite | None = None  # of ``cut``, when it was a file step
    last: str = ""  # what the last tool or command gave back
    said: str = ""  # the last text
    spent: Spent = field(default_factory=Spent)

    @classmethod
    def open(cls, home: Path, job_id: str, *, script: str, conversation: str, attempt: int) -> Journal:
        """The journal of ``job_id``; a first attempt starts with an empty one. Creates the file."""
        journal = cls(home / f"{job_id}{SUFFIX}")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if attempt == 1:
            journal.path.unlink(missing_ok=True)
        current = ""
        for record in records(journal.path):
            if "script" in record and record["script"] != current:
                current = record["script"]
                journal = cls(journal.path)
            journal._take(record)
        if current != script:
            journal = cls(journal.path)
        journal._append({"script": script, "conversation": conversation, "attempt": attempt})
        return journal

    def began(self, step: int, redo: Rewrite | None) -> None:
        """Before the step. ``redo`` is what finishes it, should it be cut in half."""
        self._append({"began": step, "redo": redo.model_dump() if redo else None})

    def ended(self, step: int, **facts: Any) -> None:
        """After the step, before anybody hears of it. ``facts``: any of last, said, usd, tokens_in, tokens_out."""
        record = {"done": step, **facts}
        self._append(record)
        self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        if "began" in record:
            self.cut = record["began"]
            self.redo = Rewrite.model_validate(record["redo"]) if record["redo"] else None
        elif "done" in record:
            self.done.add(record["done"])
            self.cut, self.redo = None, None
            self.last = record.get("last", self.last)
            self.said = record.get("said", self.said)
            self.spent.add(record.get("usd", 0.0), record.get("tokens_in", 0), record.get("tokens_out", 0))

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                if _torn(file):
                    line = b"\n" + line
                os.write(file, line)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise AgentError(f"the journal {self.path} cannot be written: {error.strerror}") from error


def _torn(file: int) -> bool:
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def records(path: Path) -> list[dict[str, Any]]:
    """What the journal holds; a line that was cut in half is not there."""
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def spent_in(home: Path, conversation: str) -> float:
    """US dollars of every run of a conversation so far: its journals are all in one home."""
    total = 0.0
    for path in home.glob(f"*{SUFFIX}"):
        current = ""
        for record in records(path):
            current = record.get("conversation", current)
            total += record.get("usd", 0.0) if current == conversation else 0.0
    return total
