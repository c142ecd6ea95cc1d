"""What a user wants of the merge queue: land these, say yes to this, take that out. Written as events; the machine does it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graphs.merge_record import block_in, changed, merge_event, record_withdrawn
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.errors import Refused, Unknown, UsageError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.job import OPEN_JOBS
from orchestrator.nouns.merging import OPEN_ENTRIES, EntryState, MergeEntry
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import GoalState
from orchestrator.verbs.branches import check_branch_name
from orchestrator.verbs.merge_words import some

WITHDRAWN = "you took it out"

GOES_ON = frozenset({GoalState.given, GoalState.proposed, GoalState.working, GoalState.landing})
"""Goals that land their sessions' work by themselves."""


@dataclass(frozen=True)
class Offer:
    """What is to land: a branch as it is now, and the session that has it."""

    branch: str
    head: str
    session: Session | None

    @property
    def title(self) -> str:
        return f"{self.session.id} {self.branch}" if self.session else self.branch


async def queue_named(deps: Deps, names: Sequence[str]) -> list[MergeEntry]:
    """Put sessions (``S12``) or branches in the merge queue, in this order; all of them or none. Those that are in it already, with
    the same commit, stay where they are."""
    async with deps.store.reading() as store:
        sessions = await store.sessions(deps.project.id)
    heads, landed = await deps.git.heads(), await _landed(deps)
    offers = {offer.branch: offer for offer in [_offer(deps, name, sessions, heads, landed) for name in names]}
    return await _queue(deps, list(offers.values()))


async def queue_ready(deps: Deps) -> list[MergeEntry]:
    """Put in what is ready: branches of idle sessions with work of their own that is committed, done well, and of no goal that goes
    on and lands it by itself."""
    async with deps.store.reading() as store:
        sessions = await store.sessions(deps.project.id, live_only=True)
        ready = [s for s in sessions if await _is_ready(store, s)]
    heads, landed, offers = await deps.git.heads(), await _landed(deps), []
    for session in ready:
        head = heads.get(session.branch)
        if head is None or session.branch == deps.project.default_branch or session.branch in landed:
            continue
        if not await deps.git.changes(session.worktree):
            offers.append(Offer(session.branch, head, session))
    if not offers:
        raise Refused("nothing is ready to land", "`televibe sessions` shows who is at work; `televibe merge S12` lands one as it is")
    return await _queue(deps, offers)


async def approve(deps: Deps, entry_id: str) -> MergeEntry:
    """The user's word on the files that an entry waits for. It is about exactly these commits."""
    async with deps.store.writing() as tx:
        entry = await _entry(tx, deps, entry_id)
        if entry.state is not EntryState.waiting:
            raise Refused(
                f"{entry.id} does not wait for your word: it is {entry.state.value}", "`televibe merge status` lists what does"
            )
        approved = changed(deps, entry, approved=True, state=EntryState.queued)
        await tx.put(approved)
        data = {"heads": list(entry.heads), "files": list(entry.sensitive)}
        text = f"{entry.id} ({entry.title}) may change {some(entry.sensitive)}"
        await tx.record(merge_event(deps, approved, EventKind.merge_approved, text, data))
        return approved


async def withdraw(deps: Deps, entry_id: str) -> MergeEntry:
    """Take an entry out of the queue, also while it is being checked. A goal whose work it is needs the user then."""
    async with deps.store.writing() as tx:
        entry = await _entry(tx, deps, entry_id)
        if entry.state.over:
            raise Refused(f"{entry.id} is {entry.state.value} already", "`televibe merge status` lists what waits")
        withdrawn = await record_withdrawn(tx, deps, entry, WITHDRAWN)
        if entry.goal_id:
            reason = f"you took {entry.id} out of the merge queue — `televibe resume {entry.goal_id}` puts it in again"
            await block_in(tx, deps, await tx.goal(entry.goal_id), reason, "merge")
        return withdrawn


def _offer(deps: Deps, name: str, sessions: Sequence[Session], heads: Mapping[str, str], landed: Collection[str]) -> Offer:
    wanted = name.strip()
    session = next((s for s in sessions if s.id == wanted.upper()), None)
    if session is None:
        session = next((s for s in sessions if s.branch == wanted and s.live), None)
    branch = session.branch if session else check_branch_name(wanted.removeprefix("refs/heads/"))
    if branch == deps.project.default_branch:
        raise UsageError(f"{branch} is where things land", "name another branch, or a session")
    if branch not in heads:
        what = f"the branch {branch} of {session.id} is gone" if session else f"there is no session or branch {wanted}"
        raise Unknown(what, "`televibe sessions` and `git branch` list them")
    if branch in landed:
        raise Refused(f"{branch} has nothing that is not on {deps.project.default_branch}", "commit first what is to land")
    return Offer(branch, heads[branch], session)


async def _landed(deps: Deps) -> set[str]:
    """Branches that the default branch has all of."""
    here = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    return await deps.git.merged_into(here) if here else set()


async def _is_ready(store: Reading, session: Session) -> bool:
    jobs = await store.jobs(session_id=session.id, newest=1)
    goal = await store.goal(session.goal_id) if session.goal_id else None
    well = not jobs or (jobs[-1].state not in OPEN_JOBS and not jobs[-1].error)
    return session.state is SessionState.idle and well and (goal is None or goal.state not in GOES_ON)


async def _queue(deps: Deps, offers: Sequence[Offer]) -> list[MergeEntry]:
    """The entries, in the order of the offers. What is to land is kept under refs before it is stored that it is to."""
    async with deps.store.reading() as store:
        waiting = {e.branch: e for e in await store.merge_entries(deps.project.id, states=OPEN_ENTRIES) if e.branch}
    new = [offer for offer in offers if offer.branch not in waiting or waiting[offer.branch].heads != (offer.head,)]
    async with deps.store.writing() as tx:
        made = [await _made(tx, deps, offer) for offer in new]
        if made:
            await deps.git.keep_all({f"queue/{entry.id}": entry.heads[0] for entry in made})
        for entry in made:
            if (before := waiting.get(entry.branch)) and not (now := await tx.merge_entry(before.id)).state.over:
                await record_withdrawn(tx, deps, now, f"{entry.id} is what {entry.branch} is now")
            await tx.put(entry)
            text = f"{entry.id}: {entry.title} waits to land"
            data = {"heads": list(entry.heads), "nothing_follows": entry is not made[-1]}  # the last one calls for all of them
            await tx.record(merge_event(deps, entry, EventKind.merge_queued, text, data))
    by_branch = {**waiting, **{entry.branch: entry for entry in made}}
    return [by_branch[offer.branch] for offer in offers]


async def _made(tx: Writing, deps: Deps, offer: Offer) -> MergeEntry:
    now = deps.now()
    return MergeEntry(
        id=await tx.next_id("E"), project_id=deps.project.id, seq=await tx.next_seq(), title=offer.title, branch=offer.branch,
        session_id=offer.session.id if offer.session else None, heads=(offer.head,), queued_at=now, updated_at=now,
    )  # fmt: skip


async def _entry(tx: Writing, deps: Deps, entry_id: str) -> MergeEntry:
    entry = await tx.merge_entry(entry_id.strip().upper())
    if entry.project_id != deps.project.id:
        raise Unknown(f"nothing {entry.id} waits to land in this repository", "`televibe merge status` lists what does")
    return entry
