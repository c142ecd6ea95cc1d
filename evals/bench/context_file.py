"""The context file with 2,000 entries: written from the store's values, and read again; with a human's comments in it too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from evals.bench.figures import Figure, median
from orchestrator.boundaries.context_file import read_text, write_text
from orchestrator.nouns.context_file import EMPTY, ContextFile
from orchestrator.nouns.interface import Export, ExportStatus, SymbolKind
from orchestrator.nouns.knowledge import Decision, Todo
from orchestrator.nouns.session import Session
from orchestrator.verbs.context_file.merging import merge_texts
from orchestrator.verbs.context_file.parse import parse
from orchestrator.verbs.context_file.project import project
from orchestrator.verbs.context_file.render import render

ROUNDS = 9
EXPORTS, DECISIONS, TODOS, SESSIONS = 1200, 400, 400, 20
AT = datetime(2026, 1, 1, tzinfo=UTC)


async def context_file(scratch: Path) -> list[Figure]:
    values, sessions = _values(), _sessions()
    known = {session.id for session in sessions}
    first = render(project(*values, sessions), "", EMPTY, known)
    commented = first.replace("    exports:\n", "    exports:\n      # by hand\n").replace("decisions:\n", "# by hand\ndecisions:\n")
    entries = _entries(parse(first, "context.yaml"))
    if entries != EXPORTS + DECISIONS + TODOS:
        raise RuntimeError(f"{entries} entries are in the file")

    def write() -> None:
        write_text(scratch, render(project(*values, sessions), commented, EMPTY, known))

    def write_plain() -> None:
        (scratch / "plain.json").write_text(_as_json(parse(first, "x")))

    def merge() -> None:
        ours = first.replace("decisions:\n", '\ndecisions:\n  - decision: "ours"\n')
        merge_texts(first, ours, f'{first}  - message: "theirs"\n')

    write()
    note = f"{entries} entries, {len(first) // 1000} kB"
    plain = _as_json(parse(first, "x"))
    return [
        Figure(
            "context.yaml, write",
            _timed(write),
            "ms",
            150.0,
            _timed(write_plain),
            f"{note}, over a commented file; floor: parse and json",
        ),
        Figure(
            "context.yaml, read",
            _timed(lambda: parse(read_text(scratch) or "", "x")),
            "ms",
            300.0,
            _timed(lambda: json.loads(plain)),
            "floor: json",
        ),
        Figure("context.yaml, merge of two branches", _timed(merge), "ms", 1000.0, note="for information"),
    ]


def _timed(work: Callable[[], object]) -> float:
    """Median milliseconds."""
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        spent.append((time.perf_counter() - started) * 1000)
    return median(spent)


def _entries(content: ContextFile) -> int:
    return sum(len(t.exports) for t in content.topics) + len(content.decisions) + len(content.todos)


def _as_json(content: ContextFile) -> str:
    exports = {t.key: [dict(e.values) for e in t.exports] for t in content.topics}
    return json.dumps([exports, [dict(e.values) for e in content.decisions], [dict(e.values) for e in content.todos]], indent=1)


def _sessions() -> list[Session]:
    common = {"project_id": "P1", "role": "implementer", "worktree": "/w", "base_commit": "c", "agent": "scripted"}
    return [
        Session(id=f"S{n}", branch=f"televibe/s{n}-part-{n}", created_at=AT, updated_at=AT, **common) for n in range(1, SESSIONS + 1)
    ]


def _values() -> tuple[list[Export], list[Decision], list[Todo]]:
    exports = [
        Export(
            session_id=f"S{n % SESSIONS + 1}",
            project_id="P1",
            name=f"handler_{n}",
            kind=SymbolKind.function,
            file=f"src/part_{n % 50}.py",
            line=n,
            signature=f"def handler_{n}(value: int) -> str",
            description=f"Answers requests of kind {n}.",
            status=ExportStatus.found,
            commit="",
            job_id="",
        )
        for n in range(EXPORTS)
    ]
    decisions = [
        Decision(
            id=f"D{n}",
            project_id="P1",
            session_id=f"S{n % SESSIONS + 1}",
            decision=f"Use way {n}",
            rationale="it is short",
            created_at=AT,
        )
        for n in range(DECISIONS)
    ]
    todos = [
        Todo(id=f"O{n}", project_id="P1", from_session="S1", to_session="S2", message=f"look at part {n}", created_at=AT)
        for n in range(TODOS)
    ]
    return exports, decisions, todos
