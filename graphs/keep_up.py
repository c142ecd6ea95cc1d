"""One session's branch brought up to the default branch, when that is safe; what git cannot do becomes its next instruction.

Every step finds out what an earlier run did. All is worked out and kept under refs first; then the store says that it has begun, the
branch moves, and the store says that it is done. A run that was cut off in between is finished, or given up where the branch went its
own way meanwhile; its refs stay in either case.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from graphs.keep_up_record import Left, begin, give_up, kept_states, record_done, record_left, sync_event, sync_facts
from graphs.keep_up_tell import landed_between, told_marker
from graphs.resolving import asked_event, both_sides
from graphs.state import Deps
from orchestrator.nouns.errors import MergeConflict, TeleVibeError
from orchestrator.nouns.event import Event, EventKind
from orchestrator.nouns.flow import Sync, SyncKind, SyncState
from orchestrator.nouns.job import Job
from orchestrator.nouns.merging import OPEN_ENTRIES
from orchestrator.nouns.policy import KeepUp
from orchestrator.nouns.repo import Commit, Saved
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import GoalState
from orchestrator.verbs.conflict_instructions import evidence
from orchestrator.verbs.keep_up import instruction, way_up
from orchestrator.verbs.resolution import Asked
from orchestrator.verbs.rights import may_change

log = logging.getLogger("televibe.keep_up")

OPEN_GOALS = (GoalState.given, GoalState.proposed, GoalState.working, GoalState.landing, GoalState.blocked, GoalState.stopped)
"""Goals that may still hand on or land a commit by its name."""


RECENT = 50
"""How many of a session's last jobs are looked at."""


@dataclass(frozen=True)
class Standing:
    """Where one session stands. ``session`` and ``jobs`` are from under its lock."""

    session: Session
    jobs: list[Job]
    syncs: list[Sync]
    onto: str  # the default branch's head
    head: str = ""  # the session's branch


async def bring_up(deps: Deps, session_id: str, *, request: int | None = None, job_id: str | None = None) -> None:
    """Bring the branch up, if nothing speaks against it. ``request``: the user asked, by this event; then the answer is recorded
    whatever it is. ``job_id``: the job that is just being prepared. The caller does not hold the session's lock."""
    move = await _move(deps)
    if request is None and not await _due(deps, session_id, move):
        return
    async with deps.turns.of(session_id):
        try:
            left = await _try(deps, session_id, request, job_id)
        except TeleVibeError as error:
            left = Left(error.line())
        if move is not None and left is not None and left.has_all:
            deps.turns.has[session_id] = move.id
        if left is not None:
            await record_left(deps, session_id, left, request)


async def _move(deps: Deps) -> Event | None:
    """The default branch's last move; where it was when it was first looked at is none."""
    async with deps.store.reading() as store:
        moved = await store.events(project_id=deps.project.id, kinds=[EventKind.main_moved], newest_first=True, limit=1)
    return moved[0] if moved and moved[0].data["old"] else None


async def _due(deps: Deps, session_id: str, move: Event | None) -> bool:
    """Whether the default branch moved since the session was made or was seen to have it, and the policy has it follow."""
    if move is None or deps.policy.keep_up is KeepUp.notify or move.data.get("rewound") or deps.turns.has.get(session_id) == move.id:
        return False
    async with deps.store.reading() as store:
        if not await store.cursor(told_marker(move)):
            return False  # what landed is said first; then everybody is brought up
        return (await store.session(session_id)).created_at < move.at


async def _try(deps: Deps, session_id: str, request: int | None, job_id: str | None) -> Left | None:
    standing = await standing_of(deps, session_id)
    if isinstance(standing, Left):
        return standing
    if left := not_now(standing, request, job_id):
        return left
    session, up_to_date = standing.session, Left(f"its branch has all of {deps.project.default_branch}", nothing=True, has_all=True)
    begun = next((s for s in standing.syncs if s.state is SyncState.begun), None)
    has_all = await deps.git.contains(standing.head, standing.onto)
    if begun is None and has_all:
        return up_to_date
    if not Path(session.worktree).is_dir():
        again = f"git worktree prune && git worktree add {session.worktree} {session.branch}"
        return Left(f"its worktree is gone — `{again}` makes it again")
    if why := await deps.git.occupied(session.worktree, session.branch):
        return Left(f"{why} — it is brought up when that is done")
    if begun is not None and await _resumed(deps, standing, begun):
        return await _try(deps, session_id, request, job_id)  # the default branch may have moved on since
    return up_to_date if has_all else await _anew(deps, standing, request)


async def standing_of(deps: Deps, session_id: str) -> Standing | Left:
    async with deps.store.reading() as store:
        session = await store.session(session_id)
        jobs = await store.jobs(session_id=session_id, newest=RECENT)
        syncs = await store.syncs(deps.project.id, session_id=session_id)
    branch = deps.project.default_branch
    onto, head = await deps.git.resolve(f"refs/heads/{branch}"), await deps.git.resolve(f"refs/heads/{session.branch}")
    if onto is None:
        return Left(f"there is no branch {branch} — `git branch {branch} <commit>` brings it back")
    if head is None:
        last = next((job.head_commit for job in reversed(jobs) if job.head_commit), session.base_commit)
        return Left(f"its branch {session.branch} is gone — `git branch {session.branch} {last[:10]}` brings back what we know of it")
    return Standing(session, jobs, syncs, onto, head)


def not_now(standing: Standing, request: int | None, job_id: str | None) -> Left | None:
    """What in the store speaks against it."""
    session = standing.session
    if session.state is SessionState.closed:
        return Left("it is closed", nothing=request is None)
    open_jobs = [job for job in standing.jobs if not job.state.over and job.id != job_id]
    if open_jobs and job_id is None:
        return Left(f"it has {open_jobs[0].id} to do; it is brought up then", nothing=True)
    if request is None and job_id is None and session.state is not SessionState.idle:
        return Left(f"it is {session.state.value}", nothing=True)
    last = next((job for job in reversed(standing.jobs) if job.base_commit and job.id != job_id), None)
    if last is not None and last.state.over and not last.head_commit:
        return Left(f"what {last.id} left is not looked through yet; that is done before its next job")
    return None


async def _anew(deps: Deps, standing: Standing, request: int | None) -> Left | None:
    session, git = standing.session, deps.git
    undone = [s for s in standing.syncs if s.onto == standing.onto and s.state is SyncState.undone]
    if undone and request is None:
        return Left(f"bringing it up to {standing.onto[:10]} was taken back", nothing=True)
    if await git.merge_base(standing.head, standing.onto) is None:
        return Left(f"its branch {session.branch} has no common history with {deps.project.default_branch}")
    own = await git.commits(standing.onto, standing.head)
    if dropped := await _dropped(deps, own, standing.onto):
        return Left(
            f"it stands on {dropped[:10]}, which {deps.project.default_branch} had and no longer has — "
            f"`git rebase --onto {deps.project.default_branch} {dropped[:10]}` in {session.worktree} takes it along"
        )
    kind = way_up(own, await _given_away(deps, session, standing, own), deps.policy.keep_up)
    was = await git.saved(session.worktree)
    try:
        new = await _worked_out(deps, session, kind, was, standing.onto)
    except MergeConflict as conflict:
        return await _conflict(deps, standing, kind, own, conflict.files, bool(was.dirty), request)
    sync = await begin(deps, session, standing.onto, kind, was, new)
    return await _moved(deps, sync, was, new, request)


async def _dropped(deps: Deps, own: list[Commit], onto: str) -> str:
    """The newest commit of the branch's own that the default branch once had: a rebase would bring back what was taken out of it."""
    mine = [commit.sha for commit in own]
    for old in (await deps.git.kept("rewound")).values():
        lost = {commit.sha for commit in await deps.git.commits(onto, old)}
        if found := next((sha for sha in reversed(mine) if sha in lost), ""):
            return found
    return ""


async def _given_away(deps: Deps, session: Session, standing: Standing, own: list[Commit]) -> set[str]:
    """Commits that others have, or that a goal will still hand on or land by their names."""
    if not own:
        return set()
    given = await deps.git.also_elsewhere(session.branch, standing.onto)
    async with deps.store.reading() as store:
        goals = {g.id for g in await store.goals(deps.project.id, states=OPEN_GOALS)}
        for goal_id in {job.goal_id for job in standing.jobs if job.goal_id}:
            given |= {h.head_commit for h in await store.handoffs(goal_id) if h.from_session == session.id}
        waiting = await store.merge_entries(deps.project.id, states=OPEN_ENTRIES)
        given |= {head for entry in waiting if entry.branch == session.branch for head in entry.heads}
    return given | {job.head_commit for job in standing.jobs if job.goal_id in goals}


async def _worked_out(deps: Deps, session: Session, kind: SyncKind, was: Saved, onto: str) -> Saved:
    """The session's branch, files and index as they are to be. Moves nothing."""
    git = deps.git
    match kind:
        case SyncKind.forward:
            head = onto
        case SyncKind.rebase:
            head = await git.rebased(was.head, onto)
        case SyncKind.merge:
            head = await git.merged(was.head, onto, f"Merge {deps.project.default_branch} into {session.branch}")
    dirty = await git.carried(was.dirty, was.head, head) if was.dirty else ""
    staged = await git.carried(was.staged, was.head, head) if was.staged else ""
    return Saved(head=head, dirty=dirty, staged=staged)


async def _moved(deps: Deps, sync: Sync, was: Saved, new: Saved, request: int | None) -> Left | None:
    async with deps.store.reading() as store:
        session = await store.session(sync.session_id)
    branch = deps.project.default_branch
    try:
        await deps.git.move(session.worktree, session.branch, was=was, new=new, why=f"{sync.kind.value} {branch}")
    except TeleVibeError as error:
        await give_up(deps, sync)
        return Left(error.line())
    await record_done(deps, sync, request)
    return None


async def _resumed(deps: Deps, standing: Standing, sync: Sync) -> bool:
    """Finish what was cut off. False when the branch or its files went their own way: then it is given up, and begun anew."""
    session = standing.session
    if standing.head == sync.after:
        await record_done(deps, sync, None)
        return True
    was, new = await kept_states(deps, sync)
    now = await deps.git.saved(session.worktree)
    if standing.head != sync.before or not await deps.git.mixture(now.files, was.files, new.files):
        await give_up(deps, sync)
        return False
    halfway = Saved(head=sync.before, dirty=now.dirty, staged=now.staged)
    await deps.git.move(session.worktree, session.branch, was=halfway, new=new, why=f"{sync.kind.value} {deps.project.default_branch}")
    await record_done(deps, sync, None)
    return True


async def _conflict(
    deps: Deps, standing: Standing, kind: SyncKind, own: list[Commit], files: tuple[str, ...], dirty: bool, request: int | None
) -> Left | None:
    """Tell the session to do it, once for each commit of the default branch."""
    session, onto, named = standing.session, standing.onto, ", ".join(files)
    where = f"{session.branch} and {deps.project.default_branch} ({onto[:10]}) conflict in {named}"
    if any(s.onto == onto and s.state is SyncState.conflict for s in standing.syncs):
        return Left(f"{where}; it was told to bring them together", nothing=request is None)
    if not may_change(deps.roles[session.role]):
        return Left(f"{where}, and a {session.role} may not change files")
    if session.state is SessionState.stopped:
        return Left(f"{where}, and it is stopped — `televibe session resume {session.id}` first")
    landed = await landed_between(deps, await deps.git.merge_base(standing.head, onto) or session.base_commit, onto)
    nonce, branch = secrets.token_hex(8), deps.project.default_branch
    sides = await both_sides(deps, session, standing.jobs, landed, standing.head, files, nonce)
    told = instruction(session.branch, landed, own, files, nonce, dirty=dirty, sides=sides)
    told += evidence(await deps.watch.between(standing.head, onto), branch, nonce)
    async with deps.store.writing() as tx:
        sync = Sync(
            id=await tx.next_id("K"), project_id=deps.project.id, session_id=session.id, kind=kind, state=SyncState.conflict, onto=onto,
            before=standing.head, base=session.base_commit, files=files, created_at=deps.now(),
        )  # fmt: skip
        await tx.put(sync)
        data = {**sync_facts(sync), "instruction": told, "request": request}
        await tx.record(
            sync_event(deps, session.id, EventKind.sync_conflict, f"{session.id}: {where}; it is told to bring them together", data)
        )
        said = f"{session.id} is asked to bring {branch} ({onto[:10]}) and its branch together"
        await tx.record(asked_event(deps, session.id, Asked(sync.id, (onto,), files), said))
    return None
