"""An agent asks whether it may edit files now: one answer for every kind of agent, recorded when it is no.

Claude Code asks over HTTP before Edit, Write, NotebookEdit and Bash; the scripted agent asks before each of its file steps; for an
agent that has a permission request of its own, the paths of that request are put to ``edit_refusal``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from glob import iglob
from itertools import islice
from pathlib import Path
from typing import Any

from graphs.requests import ask, record_request, seek
from graphs.state import Deps
from graphs.territory import first_denial
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.worktree_paths import inside
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.message import Request, RequestType
from orchestrator.nouns.policy import Outside
from orchestrator.nouns.session import Session
from orchestrator.verbs.editing import Denial, Wall
from orchestrator.verbs.ownership import of_whom
from orchestrator.verbs.patterns import is_glob
from orchestrator.verbs.shell_writes import written_by

EDIT_TOOLS = {"Edit": "file_path", "Write": "file_path", "MultiEdit": "file_path", "NotebookEdit": "notebook_path"}
"""Claude Code's tools that edit, and the parameter that names the file."""

MOST_FILES = 500
"""Of one glob of a command."""


def paths_of(tool: str, words: dict[str, Any], folder: str) -> list[str]:
    """The files that a tool of Claude Code is about to write, as far as its words say; ``folder`` is where it works. Of a command's
    ``*`` those that are there."""
    if tool == "Bash":
        named = [str(Path(folder, path)) for path in written_by(str(words.get("command", "")))]
        return [path for one in named for path in (_there(one) if is_glob(one) else []) or [one]]
    name = EDIT_TOOLS.get(tool)
    return [str(Path(folder, str(words[name])))] if name and words.get(name) else []


def _there(glob: str) -> list[str]:
    return list(islice(iglob(glob), MOST_FILES))  # noqa: PTH207  # ``Path.glob`` takes no absolute pattern


async def edit_refusal(deps: Deps, session: Session, job: Job | None, paths: Iterable[str]) -> str:
    """Why the session may not edit these files (relative to its worktree, or absolute) now, for its agent to read; empty: it may.
    What lies outside of the worktree is not ours to decide: the agent's own permissions do."""
    worktree = Path(session.worktree)
    real, folders = await asyncio.to_thread(_found_in, worktree, paths)
    if not real:
        return ""
    async with deps.store.reading() as store:
        denial = await first_denial(store, deps, session, real, folders)
    return await _refused(deps, session, job, denial) if denial is not None else ""


def _found_in(worktree: Path, paths: Iterable[str]) -> tuple[list[str], set[str]]:
    """(those that are in the worktree, as they really are; which of them are folders)."""
    real = [path for path in (inside(worktree, given) for given in paths) if path]
    return real, {path for path in real if (worktree / path).is_dir()}


def asking(deps: Deps, session: Session, job: Job) -> Callable[[str], Awaitable[str]]:
    """The question of an agent inside of this process, about one file of its worktree."""

    async def refusal(path: str) -> str:
        return await edit_refusal(deps, session, job, [path])

    return refusal


async def _refused(deps: Deps, session: Session, job: Job | None, denial: Denial) -> str:
    """Record it; under the policy ``outside: request`` the owner of the file is asked, once for each file and job."""
    asked = ""
    async with deps.store.writing() as tx:
        if denial.wall is Wall.owner and deps.policy.conflicts.outside is Outside.request:
            asked = await _asked_before(tx, deps, session, job, denial) or await _ask(tx, deps, session, job, denial)
        text = f"{session.id} may not edit {denial.path}: {denial.why}"
        data = {"path": denial.path, "wall": denial.wall.value, "why": denial.why, "request": asked}
        await tx.record(NewEvent(kind=EventKind.edit_refused, project_id=deps.project.id, text=text, data=data, **_ids(session, job)))
    return denial.line + (f" {asked} asks for it: go on with something else, the answer comes as a message." if asked else "")


async def _asked_before(tx: Writing, deps: Deps, session: Session, job: Job | None, denial: Denial) -> str:
    events = await tx.events(project_id=deps.project.id, session_id=session.id, kinds=[EventKind.edit_refused])
    job_id = job.id if job else None
    return next((str(e.data["request"]) for e in events if e.job_id == job_id and e.data["path"] == denial.path), "")


async def _ask(tx: Writing, deps: Deps, session: Session, job: Job | None, denial: Denial) -> str:
    """A request to the owner: the session of that id, the oldest of that team, or any of that role. The request's id; empty when
    nobody is there who could be asked."""
    others = [s for s in await tx.sessions(deps.project.id, live_only=True) if s.id != session.id]
    owners = of_whom(denial.owner, others)
    by_role = denial.owner in deps.roles
    if not owners and not by_role:
        return ""
    now = deps.now()
    request = Request(
        id=await tx.next_id("R"),
        project_id=deps.project.id,
        from_session=session.id,
        to_session=None if by_role else owners[0].id,
        to_role=denial.owner if by_role else "",
        type=RequestType.implement,
        context=f"{session.id} wanted to change {denial.path}, which is yours, on {session.branch}. Look at what it needs there: make "
        "the change yourself, or decline and say what it is to do instead.",
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(hours=deps.policy.talk.request_hours),
    )
    text = f"{session.id} asks {request.receiver} for a change of {denial.path}"
    await record_request(tx, deps, request, EventKind.request_made, text, _ids(session, job))
    hops = job.hops if job else 0
    if by_role:
        await seek(tx, deps, request, hops=hops)
    else:
        await ask(tx, deps, request, hops=hops, job_id=job.id if job else None)
    return request.id


def _ids(session: Session, job: Job | None) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "goal_id": job.goal_id if job else None,
        "task_id": job.task_id if job else None,
        "job_id": job.id if job else None,
    }
