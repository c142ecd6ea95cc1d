"""The check of the worktree after each job: what a role may not change is kept under a ref, and taken out of the branch.

Every step finds out from git what an earlier run of it did: a ref is kept before a branch moves, and a run that was killed between
the two keeps the same ref again. What was set aside is told from the refs, so that it is also told when the run that did it was not
the one that reported it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.engine.edit_check import changed_by_job, record_edits
from orchestrator.engine.given_heads import given_heads
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import OVER_JOBS, Job
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Role, Session
from orchestrator.verbs.rights import may_change, may_write
from orchestrator.verbs.set_aside import Found, Oddity, commit_message, judge, told, work_in
from orchestrator.verbs.teams import team_branch

FOLDER = "quarantine"

RECENT = 20
"""How many of a session's last jobs are looked through for one that began."""


@dataclass(frozen=True)
class Settled:
    """The branch's head as it may be used by others, and what there is to tell about what was taken out of it."""

    head: str
    line: str = ""
    event: NewEvent | None = None


async def settle_worktree(deps: Deps, job: Job, session: Session) -> Settled:
    """Commit what was left over, then take out what the session's role may not change. ``GitError`` when git cannot look."""
    role = deps.roles[session.role]
    if job.attempt == 1 and await deps.git.untouched(session.worktree, session.branch, job.base_commit):
        return Settled(job.base_commit)  # as most jobs of those who only read leave it
    given = await given_heads(deps, job, session) if may_change(role) else []
    found = await _found(deps, job, session)
    work = work_in(found)
    paths = await deps.git.touched(job.base_commit, work.commit, given)
    verdict = judge(role, work, job.base_commit, paths)
    lost = [c for c in (found.head, found.branch) if not await deps.git.contains(work.commit, c)]
    kept = await _keep(deps, job, session, ([work.commit] if verdict.rewrite else []) + lost)
    head = work.commit
    if verdict.rewrite:
        head = job.base_commit
        if verdict.allowed:
            message = commit_message(role, session.id, job.id, kept[0])
            head = await deps.git.with_paths(head, work.commit, verdict.allowed, message, {"TeleVibe-Job": job.id})
    if verdict.rewrite or work.oddity:
        await deps.git.put_back(session.worktree, session.branch, head)
    return await _told(deps, job, session, Settled(head), work.oddity)


async def settle_earlier(deps: Deps, session: Session) -> None:
    """Check what a job left whose end nobody saw (the program broke): its work must not become the next one's start."""
    async with deps.store.reading() as store:
        over = await store.jobs(session_id=session.id, states=OVER_JOBS, newest=RECENT)
    jobs = [j for j in over if j.base_commit]  # the last that began
    if not jobs or jobs[-1].head_commit:
        return
    settled = await settle_worktree(deps, jobs[-1], session)
    changed = await changed_by_job(deps, jobs[-1], session, settled.head)
    async with deps.store.writing() as tx:
        await tx.put(jobs[-1].model_copy(update={"head_commit": settled.head, "set_aside": settled.line}))
        text = f"{jobs[-1].id} left {session.branch} at {settled.head[:10]}"
        await record_settled(tx, deps, settled.event or _event(jobs[-1], EventKind.job_progress, text, {}))
        await record_edits(tx, deps, jobs[-1], session, changed)


async def record_settled(tx: Writing, deps: Deps, event: NewEvent) -> None:
    """Store what there is to tell; the user also finds it in the inbox when a branch has what it must not have, for only the user
    can say what becomes of that branch."""
    await tx.record(event)
    if event.data.get("reached"):
        type_ = MessageType.notice
        await post(
            tx, deps, author=Author.televibe, sender=None, receivers=[None], type_=type_, content=event.text, job_id=event.job_id
        )


async def _found(deps: Deps, job: Job, session: Session) -> Found:
    git, base = deps.git, job.base_commit
    if await git.resolve(f"refs/heads/{session.branch}") is None:
        await git.create_branch(session.branch, base)  # the agent deleted it; what it held shows as left-over work
    await git.mend_worktree(session.worktree, session.branch)
    state = await git.state(session.worktree)
    if state.head is None:
        await git.attach(session.worktree, session.branch)  # a branch without commits
        state = await git.state(session.worktree)
    on_branch = state.branch == session.branch
    message = f"{session.title or session.role}: work left uncommitted"
    if on_branch:
        head = await git.commit_all(session.worktree, message, {"TeleVibe-Job": job.id}) or await git.head(session.worktree)
    else:  # not a commit there: the branch is none of ours
        dirty = await git.changes(session.worktree)
        head = await git.snapshot(session.worktree) if dirty else await git.head(session.worktree)
    branch = head if on_branch else await git.resolve(f"refs/heads/{session.branch}") or base
    return Found(
        base=base,
        branch=branch,
        head=head,
        on_branch=on_branch,
        head_has_base=await git.contains(head, base),
        head_has_branch=await git.contains(head, branch),
        base_has_head=await git.contains(base, head),
        branch_has_base=await git.contains(branch, base),
    )


async def _keep(deps: Deps, job: Job, session: Session, commits: Sequence[str]) -> list[str]:
    """A ref for each commit: the job's own name for the first, ``-2``, ``-3`` … for what differs from it."""
    refs = []
    known = await _kept(deps, job, session)
    for commit in dict.fromkeys(commits):
        ref = next((name for name, at in known.items() if at == commit), None)
        if ref is None:
            number = len(known) + 1
            ref = await deps.git.keep(f"{FOLDER}/{session.id}/{job.id}" + (f"-{number}" if number > 1 else ""), commit)
            known[ref] = commit
        refs.append(ref)
    return refs


async def _kept(deps: Deps, job: Job, session: Session) -> dict[str, str]:
    """What was kept of this job already, here or in a run that was cut off, in the order of its numbers."""
    found = await deps.git.kept(f"{FOLDER}/{session.id}")
    mine = {ref: at for ref, at in found.items() if ref.rsplit("/", 1)[-1].split("-")[0] == job.id}
    return dict(sorted(mine.items(), key=lambda one: (len(one[0]), one[0])))


async def _told(deps: Deps, job: Job, session: Session, settled: Settled, oddity: Oddity) -> Settled:
    role: Role = deps.roles[session.role]
    kept = await _kept(deps, job, session)
    refused: dict[str, None] = {}
    for commit in kept.values():
        given = await given_heads(deps, job, session) if may_change(role) else []
        paths = await deps.git.touched(job.base_commit, commit, given)
        refused |= dict.fromkeys(path for path in paths if not may_write(role, path))
    wrong = kept if refused or not may_change(role) else {}
    reached = await _reached(deps, job, session, list(wrong.values()))
    line = told(role, list(refused), list(kept), oddity, reached)
    if not line:
        return settled
    data = {"files": list(refused), "refs": list(kept), "why": oddity.value, "head": settled.head, "reached": reached}
    return Settled(settled.head, line, _event(job, EventKind.work_set_aside, f"{session.id}: {line}", data))


async def _reached(deps: Deps, job: Job, session: Session, kept: Sequence[str]) -> list[str]:
    """Branches of ours that have what was set aside: git lets an agent move any ref. A branch that it made itself is its own."""
    if not kept:
        return []
    async with deps.store.reading() as store:
        others = [s for s in await store.sessions(deps.project.id, live_only=True) if s.id != session.id]
    ours = {deps.project.default_branch, team_branch(session), *(b for s in others for b in (s.branch, team_branch(s)))}
    return [branch for branch in await deps.git.branches_with(session.worktree, job.base_commit, kept) if branch in ours]


def _event(job: Job, kind: EventKind, text: str, data: dict[str, Any]) -> NewEvent:
    ids = {"goal_id": job.goal_id, "task_id": job.task_id, "session_id": job.session_id, "job_id": job.id}
    return NewEvent(kind=kind, project_id=job.project_id, text=text, data=data, **ids)
