"""An entry is evicted: who is told, in which words, and what its session is asked to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphs.keep_up_tell import landed_between
from graphs.post import post
from graphs.resolving import can_resolve, said_by, said_in, two_sides, who_resolves
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import SyncState
from orchestrator.nouns.merging import Cause, Eviction, MergeEntry
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.merge_words import bring_together, evicted_message, mend_checks, mend_conflict


@dataclass(frozen=True)
class ToMend:
    """Who is asked to mend it, and in which words."""

    session: Session
    instruction: str


async def tell_evicted(tx: Writing, deps: Deps, entry: MergeEntry, eviction: Eviction, nonce: str, to_mend: ToMend | None) -> None:
    """A message to whoever made it, unless the next instruction says it all; and to the user, unless a goal's reply does."""
    on = f"It was checked merged on top of {deps.project.default_branch} at {eviction.base[:10]}." if eviction.log else ""
    if eviction.company:
        on = (
            f"It was checked on top of {deps.project.default_branch} at {eviction.base[:10]}, with {', '.join(eviction.company)} there."
        )
    asked = to_mend.session.id if to_mend else ""
    sessions = [] if asked and asked == entry.session_id else await _makers(tx, entry)
    for receiver in [*sessions, *([] if entry.goal_id else [None])]:
        other = asked if asked != entry.session_id else ""
        mine = receiver is not None
        content = evicted_message(entry, log=eviction.log, checked_on=on, nonce=nonce, to_session=mine, asked=other)
        await post(tx, deps, author=Author.televibe, sender=None, receivers=[receiver], type_=MessageType.notice, content=content)


async def _makers(tx: Writing, entry: MergeEntry) -> list[str]:
    """Live sessions whose work it is."""
    if entry.session_id:
        wanted = {entry.session_id}
    else:
        tasks = await tx.tasks(entry.goal_id) if entry.goal_id else []
        wanted = {t.session_id for t in tasks if t.session_id and (not entry.tasks or t.id in entry.tasks)}
    live = await tx.sessions(entry.project_id, live_only=True)
    return [session.id for session in live if session.id in wanted]


async def sides_for(deps: Deps, entry: MergeEntry, eviction: Eviction, nonce: str) -> list[str]:
    """Lines for a quotation: what both sides of a conflict were asked, and what each changed."""
    if entry.session_id is None or eviction.cause is not Cause.conflict:
        return []
    head = entry.heads[-1]
    base = await deps.git.merge_base(head, eviction.base)
    if base is None:
        return []
    async with deps.store.reading() as store:
        session = await store.session(entry.session_id)
        jobs = await store.jobs(session_id=session.id)
    theirs = await said_in(deps, await landed_between(deps, base, eviction.base))
    return await two_sides(deps, said_by(session, jobs), theirs, head=head, other=eviction.base, files=eviction.files, nonce=nonce)


async def to_mend(tx: Writing, deps: Deps, entry: MergeEntry, eviction: Eviction, sides: Sequence[str], nonce: str) -> ToMend | None:
    """Who is asked to mend what, at most once for each head; None: nobody, it is only told. A goal's work is mended when the user has
    it tried again. Of work that fails its checks that is its maker; who settles a conflict the strategy of the files says."""
    if entry.session_id is None or eviction.cause not in {Cause.conflict, Cause.check}:
        return None
    maker, branch = await tx.session(entry.session_id), deps.project.default_branch
    if await _asked_before(tx, entry, eviction):
        return None
    if eviction.cause is Cause.check:
        told = mend_checks(entry, branch=branch, base=eviction.base, log=eviction.log, nonce=nonce)
        return ToMend(maker, told) if can_resolve(deps, maker) else None
    chosen = await who_resolves(tx, deps, eviction.files, maker)
    if chosen is None:
        return None
    if chosen.id == maker.id:
        return ToMend(maker, mend_conflict(entry, branch=branch, base=eviction.base, sides=sides, nonce=nonce))
    return ToMend(chosen, bring_together(entry, maker.id, branch=branch, base=eviction.base, sides=sides, nonce=nonce))


async def _asked_before(tx: Writing, entry: MergeEntry, eviction: Eviction) -> bool:
    """For these heads already, or to bring its branch up to the same commit when that landed."""
    told = await tx.events(session_id=entry.session_id, kinds=[EventKind.merge_evicted], newest_first=True, limit=20)
    if any(event.data.get("asked") and event.data.get("heads") == list(entry.heads) for event in told):
        return True
    syncs = await tx.syncs(entry.project_id, session_id=entry.session_id)
    return eviction.cause is Cause.conflict and any(s.state is SyncState.conflict and s.onto == eviction.base for s in syncs)
