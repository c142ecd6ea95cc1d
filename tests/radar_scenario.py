"""Two sessions whose branches collide, looked at in as many lives as it takes; ``essence.json`` says how often it was told to whom."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from orchestrator.boundaries import crash
from orchestrator.boundaries.queue.memory import MemoryQueue
from orchestrator.engine.sessions import new_session
from orchestrator.nouns.conflict import ConflictState
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.message import MessageType
from tests.line import Line, line
from tests.repos import commit

SCRIPT = "scripts:\n  - steps:\n      - finish: nothing to do\n"
LOOK_SECONDS = 60.0


async def scenario(directory: Path, at: str) -> None:
    """Its first life is killed at ``at``, if that is a point; the next one looks once more at what is there, then ends."""
    async with line(directory, SCRIPT, queue=MemoryQueue()) as shop:
        crash.arm(at)
        prepared = directory / "prepared"
        if not prepared.exists():
            prepared.touch()
            for text in ("one\n", "other\n"):
                session = await new_session(shop.deps, "implementer")
                commit(Path(session.worktree), {"shop/cart.py": text}, "a change")
        assert await shop.deps.watch.now("S1", LOOK_SECONDS) is not None
        await shop.engine.until_idle()
        assert await shop.deps.watch.now("S2", LOOK_SECONDS) is not None
        found = await _essence(shop)
    (directory / "essence.json").write_text(json.dumps(found))


async def _essence(shop: Line) -> dict[str, object]:
    project = shop.deps.project.id
    async with shop.store.reading() as store:
        conflicts = await store.conflicts(project)
        messages = await store.messages(project)
    events = await shop.events(EventKind.conflict_seen, EventKind.conflict_closed)
    return {
        "open": [c.id for c in conflicts if c.state is ConflictState.open],
        "known": len(conflicts),
        "events": [f"{e.kind.value} {e.data['id']}" for e in events],
        "told": dict(Counter(m.to_session for m in messages if m.type is MessageType.notice)),
    }
