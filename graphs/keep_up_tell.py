"""The default branch moved: every session whose branch does not have it is told what landed, and what of it concerns that session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from graphs.post import post, restate
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import Event
from orchestrator.nouns.interface import Dependency, DependencyState, SymbolChangeKind
from orchestrator.nouns.message import Author, Message, MessageState, MessageType
from orchestrator.nouns.policy import KeepUp
from orchestrator.nouns.session import Session
from orchestrator.nouns.work import GoalState
from orchestrator.verbs.keep_up import Landed, told, touched_by
from orchestrator.verbs.symbols import changed_symbols, exports_anything

PARSED = 100
"""Changed files of a landing in which interfaces are compared, and files of a session in which their use is looked for."""

BUSY_THEN = "Go on with your work, and do not merge it yourself: your branch gets it when this job has ended."
NOT_YET = "Your branch does not have it yet."


async def tell(deps: Deps, event: Event) -> list[str]:
    """Tell them, in one transaction; the ids of those who were told. A second run of the same event tells nobody."""
    new, marker = str(event.data["new"]), told_marker(event)
    async with deps.store.reading() as store:
        if await store.cursor(marker):
            return []
        moved = bool(new) and new != event.data.get("old")
        sessions = await store.sessions(deps.project.id, live_only=True) if moved else []
    heads, having = await asyncio.gather(deps.git.heads(), deps.git.containing(new)) if sessions else ({}, set())
    behind = [s for s in sessions if s.branch not in having or event.data.get("rewound")]
    words = await _all_words(deps, event, behind, heads) if behind else {}
    async with deps.store.writing() as tx:
        if await tx.cursor(marker):
            return []
        await tx.set_cursor(marker, event.id)
        for session_id, (since, content) in words.items():
            await _tell_one(tx, deps, session_id, since, content)
    return list(words)


def told_marker(event: Event) -> str:
    """The cursor that says that everybody was told of a move."""
    return f"told-{event.id}"


async def _all_words(deps: Deps, event: Event, behind: Sequence[Session], heads: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Session → (the commit it knew before, the message). What it was told and has not seen yet is part of the new message, so
    that many landings are one message; only a rewritten history is told by itself."""
    new, rewound = str(event.data["new"]), bool(event.data.get("rewound"))
    known: dict[str, list[Session]] = {}
    async with deps.store.reading() as store:
        for session in behind:
            before = [] if rewound else await unseen(store, deps, session.id)
            old = before[-1].since if before else str(event.data.get("old") or session.base_commit)
            known.setdefault(old, []).append(session)
    words = {}
    for old, sessions in known.items():
        landed = await landed_between(deps, old, new, rewound=rewound)
        told_of = await _words(deps, landed, sessions, heads)
        words.update({id_: ("" if rewound else old, content) for id_, content in told_of.items()})
    return words


async def landed_between(deps: Deps, old: str, new: str, *, rewound: bool = False) -> Landed:
    """What is new in ``new``, from git, and from the store by whom."""
    try:
        commits, changed = await asyncio.gather(deps.git.commits(old, new), deps.git.changed_files(old, new))
    except GitError:  # what was there before is gone, after a rewrite and a cleaning up
        return Landed(deps.project.default_branch, old, new, (), (), rewound=rewound)
    paths = sorted({path for file in changed for path in (file.path, file.old_path) if path})
    spoken = [path for path in paths if exports_anything(path)][:PARSED]
    before, after = await asyncio.gather(deps.git.read_files(old, spoken), deps.git.read_files(new, spoken))
    changes = [c for c in changed_symbols(before, after) if c.kind is not SymbolChangeKind.added]
    async with deps.store.reading() as store:
        by = await _landed_by(store, deps)
    return Landed(deps.project.default_branch, old, new, tuple(commits), tuple(paths), tuple(changes), by, rewound)


async def _landed_by(store: Reading, deps: Deps) -> dict[str, str]:
    """Commit → the goal that landed it, and whose work that was."""
    goals = await store.goals(deps.project.id, states=[GoalState.working, GoalState.landing, GoalState.landed])
    found = {}
    for goal in goals:
        tasks = await store.tasks(goal.id)
        sessions = ", ".join(dict.fromkeys(task.session_id for task in tasks if task.session_id))
        names = [goal.landed_commit, *(task.landed_commit for task in tasks)]
        found.update({commit: f"{goal.id} ({sessions})" for commit in names if commit})
    return found


async def _words(deps: Deps, landed: Landed, sessions: Sequence[Session], heads: Mapping[str, str]) -> dict[str, str]:
    """The message for each; what they all work on is read in a few git processes."""
    files = await files_of(deps, sessions, heads)
    asked = [(heads[s.branch], path) for s in sessions if s.branch in heads for path in sorted(files[s.id])[:PARSED]]
    texts = await deps.git.read_blobs(asked)
    async with deps.store.reading() as store:
        needed = await store.dependencies(deps.project.id, states=[DependencyState.met])
        busy = {s.id for s in sessions if any(not job.state.over for job in await store.jobs(session_id=s.id))}
    words = {}
    for session in sessions:
        head = heads.get(session.branch, "")
        own = {path: texts[head, path] for path in files[session.id] if (head, path) in texts}
        touched = touched_by(landed, files[session.id], own, _of(needed, session))
        words[session.id] = told(landed, touched, _then(deps, landed, busy=session.id in busy))
    return words


async def files_of(deps: Deps, sessions: Sequence[Session], heads: Mapping[str, str]) -> dict[str, set[str]]:
    """What each works on: what its jobs changed, and what differs on its branch from where that started."""
    async with deps.store.reading() as store:
        files = {s.id: {path for job in await store.jobs(session_id=s.id) for path in job.files_changed} for s in sessions}
    try:
        changed = await deps.git.changed_by((heads[s.branch], s.base_commit) for s in sessions if s.branch in heads)
    except GitError:  # where a branch started is nowhere any more; what its jobs changed is known without
        return files
    return {s.id: files[s.id] | changed.get(heads.get(s.branch, ""), set()) for s in sessions}


def _of(dependencies: Sequence[Dependency], session: Session) -> list[Dependency]:
    return [d for d in dependencies if d.session_id == session.id]


def _then(deps: Deps, landed: Landed, *, busy: bool) -> str:
    if landed.rewound:
        return ""
    if deps.policy.keep_up is KeepUp.notify:
        return NOT_YET
    return BUSY_THEN if busy else ""


async def _tell_one(tx: Writing, deps: Deps, session_id: str, since: str, content: str) -> None:
    before = await unseen(tx, deps, session_id)
    if before and before[-1].since == since:
        await restate(tx, deps, before[-1], content)
        return
    to, type_ = [session_id], MessageType.main_moved
    await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=type_, content=content, since=since)


async def unseen(store: Reading, deps: Deps, session_id: str) -> list[Message]:
    """What the session was told of moves forward, and no job carried yet."""
    queued = await store.messages(deps.project.id, to_session=session_id, states=[MessageState.queued])
    return [m for m in queued if m.type is MessageType.main_moved and m.job_id is None and m.since]
