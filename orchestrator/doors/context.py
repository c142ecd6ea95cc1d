"""``televibe context show`` and ``path``: what the sessions offer, have decided and leave for each other, and the file with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.boundaries.context_file import read_text
from orchestrator.doors.opening import opened
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.context_file import FILE, ContextFile
from orchestrator.nouns.errors import ConfigError
from orchestrator.verbs.context_file.project import project, retired
from orchestrator.verbs.context_file.render import render


async def show_context(repo: Path, out: Out, *, as_json: bool) -> int:
    """The file as it is to be: what is stored, laid over what stands there."""
    async with opened(repo) as door, door.store.reading() as view:
        sessions = await view.sessions(door.project.id)
        exports = await view.exports(door.project.id)
        decisions = await view.decisions(door.project.id, withdrawn=True)
        todos = await view.todos(door.project.id)
    stored = (exports, decisions, todos, sessions)
    refused = ""
    text = render(project(*stored), "")
    try:
        on_disk = read_text(Path(door.project.root)) or ""
        text = render(project(*stored), on_disk, retired(*stored), {s.id for s in sessions})
    except ConfigError as error:
        refused = error.line()
    if as_json:
        out.document({"path": str(Path(door.project.root) / FILE), **document(project(*stored)), "refused": refused or None})
        return 0
    out.line(text.rstrip("\n") if text else "nothing is shared yet")
    if refused:
        out.line(f"the file itself is not read: {refused}", Tone.warn)
    return 0


async def show_path(repo: Path, out: Out) -> int:
    """Where the file is: in the main worktree."""
    async with opened(repo) as door:
        out.line(str(Path(door.project.root) / FILE))
    return 0


def document(content: ContextFile) -> dict[str, Any]:
    """The specified shape as JSON."""
    return {
        "interfaces": {t.key: {"session": t.session, "exports": [dict(e.values) for e in t.exports]} for t in content.topics},
        "decisions": [dict(e.values) for e in content.decisions],
        "todos_for_others": [dict(e.values) for e in content.todos],
    }
