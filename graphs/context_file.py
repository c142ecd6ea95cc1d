"""The shared context file and the store in step: what somebody wrote is taken in, what is stored is written out.

The store is the truth. The file of the main worktree is read when it is not what we wrote last; the file of a session's branch when
a job changed it. Removing is believed only where it was done: a file that went back to an older commit, was restored or is missing
takes nothing away.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from graphs.state import Deps
from orchestrator.boundaries.context_file import LastWritten, Memory, decoded, read_text, write_text
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.context_file import EMPTY, FILE, ContextFile
from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.interface import ExportStatus
from orchestrator.nouns.job import Job
from orchestrator.nouns.retrieval import Document, DocumentKind
from orchestrator.nouns.session import Session
from orchestrator.verbs.context_file.changes import Changes, changes
from orchestrator.verbs.context_file.merging import merge_texts
from orchestrator.verbs.context_file.parse import parse
from orchestrator.verbs.context_file.project import project, retired
from orchestrator.verbs.context_file.render import render
from orchestrator.verbs.context_file.restate import restated
from orchestrator.verbs.context_file.take import Stored, Taken, take
from orchestrator.verbs.context_file.write import HEADING, write

CARRIED = "context: what the sessions offer, decided and left to do"


async def in_step(deps: Deps) -> None:
    """Read the main worktree's file if somebody changed it, and write what is stored if it says something else.

    A file that is refused is left alone, and what is stored stays as it is, until it is mended.
    """
    if not deps.policy.context_file:
        return
    root, memory = Path(deps.project.root), Memory(deps.home, deps.project.id)
    async with deps.context_lock:
        last = memory.last()
        try:
            disk = read_text(root)
            head = await deps.git.head(deps.project.root)
            now = disk or ""
            if now.strip() and (now, head) != (last.text, last.head):
                now = await _read_in(deps, last, now, head)
            text = await laid_out(deps, now)
            if text and text != disk:
                await asyncio.to_thread(write_text, root, text)
        except ConfigError as error:
            await _refused(deps, error, None)
            return
        if (text, head) != (last.text, last.head):
            memory.remember(LastWritten(text, head))


async def laid_out(deps: Deps, previous: str) -> str:
    """What is stored, laid over a text; empty when nothing is shared. ``ConfigError`` when the text cannot be read."""
    async with deps.store.reading() as store:
        stored = await _stored(deps, store)
    values = stored.exports, stored.decisions, stored.todos, stored.sessions
    return await asyncio.to_thread(render, project(*values), previous, retired(*values), stored.known)


async def carried(deps: Deps, base: str, merged: str) -> dict[str, bytes]:
    """The file as it is to land on ``base`` with the commit ``merged``, by its path; nothing when there is nothing to say."""
    if not deps.policy.context_file:
        return {}
    try:
        before = await _committed(deps, merged, "merged") or ""
        text = await laid_out(deps, await _in_its_names(deps, _parsed(await _committed(deps, base, "base")), before))
        return {FILE: text.encode(errors="surrogateescape")} if text and text != before else {}
    except ConfigError as error:
        await _refused(deps, error, None)  # it lands as it is: its author sees the line
    return {}


async def _in_its_names(deps: Deps, before: ContextFile, text: str) -> str:
    """``text`` with what came since ``before`` under the name of who said it, whoever was named."""
    async with deps.store.reading() as store:
        stored = await _stored(deps, store)
    content = parse(text, FILE)
    now = restated(before, content, project(stored.exports, stored.decisions, stored.todos, stored.sessions), stored.known)
    return text if now is content else write(now)


async def take_branch(deps: Deps, job: Job, session: Session) -> None:
    """What a job wrote into the file of its branch, as said by its session, whatever names it wrote there."""
    if not deps.policy.context_file or FILE not in job.files_changed:
        return
    try:
        before = await _committed(deps, job.base_commit, session.id)
        now = await _committed(deps, job.head_commit, session.id)
        if now is None:
            return  # without the file nothing is said
        async with deps.store.reading() as store:
            known = (await _stored(deps, store)).known
        made = changes(_parsed(before), parse(now, f"{session.id}:{FILE}"), known)
    except ConfigError as error:
        await _refused(deps, error, session.id)
        return
    await _take(deps, made, session.id, job)


async def _read_in(deps: Deps, last: LastWritten, disk: str, head: str) -> str:
    """Take in what somebody changed in the main worktree; returns the text that the next one is laid over."""
    moved = bool(last.head) and head != last.head
    committed = await _committed(deps, head, "HEAD") if head else None
    before = await _committed(deps, last.head, "HEAD") if moved else committed
    forward = moved and await deps.git.contains(head, last.head)
    now, clean = disk, disk == committed
    if forward and not clean and committed != before and committed is not None:
        ours = disk if committed.startswith(HEADING) else disk.removeprefix(HEADING)
        united, conflicts = merge_texts(before or "", committed, ours)
        now = disk if conflicts else united
    stood = _parsed(before if clean and forward else last.text)
    now = await _in_its_names(deps, stood, now)
    content = parse(now, FILE)
    async with deps.store.reading() as store:
        known = (await _stored(deps, store)).known
    made = changes(stood, content, known)
    if clean and not moved and last.head:
        made = Changes()  # it was restored: what is not in it was not committed yet
    elif moved and not forward:
        made = Changes(added=made.added)  # another branch, or an older commit
    await _take(deps, made, None, None)
    return now


def _parsed(text: str | None) -> ContextFile:
    """An earlier state; one that cannot be read, or is not there, says nothing."""
    try:
        return parse(text or "", FILE)
    except ConfigError:
        return EMPTY


async def _committed(deps: Deps, commit: str, where: str) -> str | None:
    """The file at a commit."""
    found = (await deps.git.read_files(commit, [FILE])).get(FILE)
    return None if found is None else decoded(found, f"{where}:{FILE}")


async def _stored(deps: Deps, store: Reading) -> Stored:
    project_id = deps.project.id
    return Stored(
        exports=await store.exports(project_id),
        decisions=list(reversed(await store.decisions(project_id, withdrawn=True))),
        todos=await store.todos(project_id),
        sessions=await store.sessions(project_id),
    )


async def _take(deps: Deps, made: Changes, author: str | None, job: Job | None) -> None:
    """Store what was changed, each with its event, and one event about the file, in one transaction."""
    if not made:
        return
    job_id = job.id if job else ""
    async with deps.store.writing() as tx:
        taken = take(made, await _stored(deps, tx), author, project_id=deps.project.id, job_id=job_id, now=deps.now())
        if not taken and not taken.left:
            return
        taken = await _put(deps, tx, taken, author, job)
        whose = author or "somebody"
        text = f"{whose} changed {FILE}: {len(taken.exports)} exports, {len(taken.decisions)} decisions, {len(taken.todos)} todos"
        if taken.left:
            text += f"; left alone: {'; '.join(taken.left[:3])}" + (f" and {len(taken.left) - 3} more" if len(taken.left) > 3 else "")
        await tx.record(_event(deps, EventKind.context_read, text, author, job, {"left": taken.left[:50]}))
    await _index(deps, taken)


async def _put(deps: Deps, tx: Writing, taken: Taken, author: str | None, job: Job | None) -> Taken:
    """Store it; returns it with the new ids."""
    decisions = [d if d.id else d.model_copy(update={"id": await tx.next_id("D")}) for d in taken.decisions]
    todos = [t if t.id else t.model_copy(update={"id": await tx.next_id("O")}) for t in taken.todos]
    await tx.put(*taken.exports, *decisions, *todos)
    for decision in decisions:
        word = "withdrew" if decision.withdrawn else "decided"
        data = {"id": decision.id, "withdrawn": decision.withdrawn}
        text = f"{decision.session_id or 'you'} {word}: {decision.decision[:200]}"
        await tx.record(_event(deps, EventKind.decision_recorded, text, decision.session_id, job, data))
    for todo in todos:
        kind, word = (EventKind.todo_done, "done") if todo.done else (EventKind.todo_added, f"for {todo.to_session or 'anyone'}")
        await tx.record(_event(deps, kind, f"{todo.id} {word}: {todo.message[:200]}", author, job, {"id": todo.id}))
    for export in taken.exports:
        word = "takes back" if export.status is ExportStatus.gone else "declares"
        data = {"key": export.key, "status": export.status.value}
        await tx.record(
            _event(deps, EventKind.export_declared, f"{export.session_id} {word} {export.name}", export.session_id, job, data)
        )
    return Taken(taken.exports, decisions, todos, taken.left)


async def _index(deps: Deps, taken: Taken) -> None:
    documents = [
        Document(id=d.id, kind=DocumentKind.decision, session_id=d.session_id, text=f"{d.decision} {d.rationale}")
        for d in taken.decisions
        if not d.withdrawn
    ]
    documents += [
        Document(id=e.key, kind=DocumentKind.export, session_id=e.session_id, text=f"{e.name} {e.file} {e.signature} {e.description}")
        for e in taken.exports
        if e.status is not ExportStatus.gone
    ]
    gone = [d.id for d in taken.decisions if d.withdrawn] + [e.key for e in taken.exports if e.status is ExportStatus.gone]
    if documents:
        await deps.index.upsert(documents)
    if gone:
        await deps.index.remove(gone)


async def _refused(deps: Deps, error: ConfigError, author: str | None) -> None:
    """Say so, once for each fault."""
    line = error.line()
    fault = hashlib.sha256(f"{author} {line}".encode("utf-8", "replace")).hexdigest()
    async with deps.store.writing() as tx:
        kinds = [EventKind.context_refused, EventKind.context_read]
        known = await tx.events(project_id=deps.project.id, kinds=kinds, limit=100, newest_first=True)
        if next((e.data.get("fault") for e in known if e.session_id == author), None) == fault:
            return
        text = f"{FILE} is not read, and stays as it is: {line}"
        await tx.record(_event(deps, EventKind.context_refused, text, author, None, {"fault": fault, "error": line}))


def _event(deps: Deps, kind: EventKind, text: str, session_id: str | None, job: Job | None, data: dict[str, object]) -> NewEvent:
    return NewEvent(
        kind=kind,
        project_id=deps.project.id,
        goal_id=job.goal_id if job else None,
        task_id=job.task_id if job else None,
        session_id=session_id,
        job_id=job.id if job else None,
        text=text,
        data=data,
    )
