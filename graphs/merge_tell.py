"""An entry is evicted: who is told, in which words, and what its session is asked to do about it."""

from __future__ import annotations

from graphs.post import post
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Writing
from orchestrator.nouns.conflict import Strategy
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.flow import SyncState
from orchestrator.nouns.merging import Cause, Eviction, MergeEntry
from orchestrator.nouns.message import Author, MessageType
from orchestrator.nouns.session import SessionState
from orchestrator.verbs.merge_words import evicted_message, mend_checks, mend_conflict
from orchestrator.verbs.rights import may_change

TAKES_NO_WORK = frozenset({SessionState.closed, SessionState.stopped, SessionState.waiting})


async def tell_evicted(tx: Writing, deps: Deps, entry: MergeEntry, eviction: Eviction, nonce: str, *, instructed: bool) -> None:
    """A message to whoever made it, unless the next instruction says it all; and to the user, unless a goal's reply does."""
    on = f"It was checked merged on top of {deps.project.default_branch} at {eviction.base[:10]}." if eviction.log else ""
    if eviction.company:
        on = (
            f"It was checked on top of {deps.project.default_branch} at {eviction.base[:10]}, with {', '.join(eviction.company)} there."
        )
    sessions = [] if instructed else await _makers(tx, entry)
    for receiver in [*sessions, *([] if entry.goal_id else [None])]:
        content = evicted_message(entry, log=eviction.log, checked_on=on, nonce=nonce, to_session=receiver is not None)
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


async def instruction_for(tx: Writing, deps: Deps, entry: MergeEntry, eviction: Eviction, nonce: str) -> str:
    """What the session is asked to mend, at most once for each head; empty: nothing, it is only told. A goal's work is mended when
    the user has it tried again."""
    if entry.session_id is None or eviction.cause not in {Cause.conflict, Cause.check}:
        return ""
    session = await tx.session(entry.session_id)
    role = deps.roles.get(session.role)
    if session.state in TAKES_NO_WORK or role is None or not may_change(role) or not await _first_come(tx, deps):
        return ""
    if await _asked_before(tx, entry, eviction):
        return ""
    branch = deps.project.default_branch
    if eviction.cause is Cause.conflict:
        return mend_conflict(entry, branch=branch, base=eviction.base)
    return mend_checks(entry, branch=branch, base=eviction.base, log=eviction.log, nonce=nonce)


async def _first_come(tx: Writing, deps: Deps) -> bool:
    """Whether what lands first stands, and the other one adapts: as the user said it at run time, or else as configured."""
    said = next((rule.strategy for rule in await tx.strategies(deps.project.id) if rule.glob == "**"), None)
    return (said or deps.policy.conflicts.strategy) is Strategy.first_come


async def _asked_before(tx: Writing, entry: MergeEntry, eviction: Eviction) -> bool:
    """For these heads already, or to bring its branch up to the same commit when that landed."""
    told = await tx.events(session_id=entry.session_id, kinds=[EventKind.merge_evicted], newest_first=True, limit=20)
    if any(event.data.get("instruction") and event.data.get("heads") == list(entry.heads) for event in told):
        return True
    syncs = await tx.syncs(entry.project_id, session_id=entry.session_id)
    return eviction.cause is Cause.conflict and any(s.state is SyncState.conflict and s.onto == eviction.base for s in syncs)
