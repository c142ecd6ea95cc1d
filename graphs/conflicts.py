"""What a look at the branches found, taken in: conflicts opened, changed and closed, and their sessions told, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from graphs.post import acknowledge, post
from graphs.state import Deps
from graphs.territory import territory_of
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.nouns.conflict import Conflict, ConflictState
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.message import Author, MessageState, MessageType
from orchestrator.nouns.session import Session
from orchestrator.verbs.conflict_words import Rule, gone, headline, message, proposal
from orchestrator.verbs.conflicts import REMEMBERED, Look, News, Seen, Waits, compared, to_tell
from orchestrator.verbs.ownership import Territory, is_one


async def take_in(deps: Deps, look: Look, waits: Waits) -> Waits:
    """Store what is different, with its events and messages; what is to be waited for. A second run changes nothing."""
    async with deps.store.reading() as store:
        known = await remembered(store, deps)
    news = compared(known, look, waits, deps.now())
    if not news.any:
        return news.waits
    async with deps.store.writing() as tx:
        news = compared(await remembered(tx, deps), look, waits, deps.now())
        await _take_in(tx, deps, look, news)
    return news.waits


async def remembered(store: Reading, deps: Deps) -> list[Conflict]:
    """The open conflicts, and those that were closed a short while ago."""
    return await store.conflicts(deps.project.id, closed_since=deps.now() - REMEMBERED)


async def _take_in(tx: Writing, deps: Deps, look: Look, news: News) -> None:
    now, project = deps.now(), deps.project.id
    territory = await territory_of(tx, deps)
    fresh = [await _opened(tx, deps, territory, look, seen, before) for seen, before in news.opened]
    fresh += [_renewed(deps, territory, look, seen, before) for seen, before in news.changed]
    changed = {before.id for _, before in news.changed}
    past = await tx.conflicts(project, closed_since=now - timedelta(hours=1))
    telling = [c for c in fresh if to_tell(c, [p for p in past if p.id != c.id], now)]
    told = await _tell(tx, deps, telling)
    for conflict in fresh:
        await tx.put(told.get(conflict.id, conflict))
        await tx.record(_seen_event(deps, look, conflict, again=conflict.id in changed, told=conflict.id in told))
    for conflict, why in news.closed:
        await _close(tx, deps, look, conflict, why)


async def _opened(tx: Writing, deps: Deps, territory: Territory, look: Look, seen: Seen, before: Conflict | None) -> Conflict:
    """A new one; or one that was there a short while ago, which keeps its id and what was told of it."""
    if before is not None and (before.a, before.b) == (seen.a, seen.b):
        return _renewed(deps, territory, look, seen, before).model_copy(
            update={"state": ConflictState.open, "closed_at": None, "closed_why": ""}
        )
    made = Conflict(
        id=await tx.next_id("X"),
        project_id=deps.project.id,
        identity=seen.finding.identity,
        a=seen.a,
        b=seen.b,
        head_a=seen.head_a,
        head_b=seen.head_b,
        first_seen=before.first_seen if before else deps.now(),
        last_seen=deps.now(),
        told_as=before.told_as if before else None,
        told_at=before.told_at if before else None,
        messages=before.messages if before else (),
        **seen.finding.model_dump(include={"kind", "cause", "severity", "files", "symbols", "summary"}),
    )
    return _renewed(deps, territory, look, seen, made)


def _renewed(deps: Deps, territory: Territory, look: Look, seen: Seen, before: Conflict) -> Conflict:
    """The conflict with what this look says of it."""
    found = seen.finding
    a, b = look.sides[seen.a], look.sides[seen.b] if seen.b else None
    rule = rule_for(deps, territory, found.files, *(side.session for side in (a, b) if side))
    adapts, line = proposal(found, a, b, deps.project.default_branch, rule)
    return before.model_copy(
        update={
            "severity": found.severity,
            "summary": found.summary,
            "evidence_a": found.a,
            "evidence_b": found.b,
            "adapts": adapts,
            "proposal": line,
            "head_a": seen.head_a,
            "head_b": seen.head_b,
            "last_seen": deps.now(),
        }
    )


def rule_for(deps: Deps, territory: Territory, files: Sequence[str], *sides: Session) -> Rule:
    """The strategy that holds for the first of the files, and which of the sides they belong to."""
    if not files:
        return Rule(strategy=deps.policy.conflicts.strategy, integrator=deps.policy.conflicts.integrator)
    ruling, owned = territory.strategy_of(files[0]), territory.owner_of(files[0])
    owners = [s.id for s in sides if owned is not None and owned.owner is not None and is_one(s, owned.owner)]
    return Rule(ruling.strategy, ruling.integrator, owners[0] if len(owners) == 1 else "")


async def _tell(tx: Writing, deps: Deps, conflicts: Sequence[Conflict]) -> dict[str, Conflict]:
    """One message to each side for all that is new between the two; the conflicts, with what was told."""
    branch = deps.project.default_branch
    pairs: dict[tuple[str, str | None], list[Conflict]] = {}
    for conflict in conflicts:
        pairs.setdefault((conflict.a, conflict.b), []).append(conflict)
    told = {}
    for (a, b), of_pair in pairs.items():
        ids: list[str] = []
        for me in (a, *((b,) if b else ())):
            to, words = [me], message(of_pair, me, branch)
            sent = await post(tx, deps, author=Author.televibe, sender=None, receivers=to, type_=MessageType.notice, content=words)
            ids += [m.id for m in sent]
        for conflict in of_pair:
            update = {"told_as": conflict.severity, "told_at": deps.now(), "messages": tuple(ids)}
            told[conflict.id] = conflict.model_copy(update=update)
    return told


async def _close(tx: Writing, deps: Deps, look: Look, conflict: Conflict, why: str) -> None:
    """It is over. A side that has read of it is told so; of what nobody has read yet, nothing is said any more."""
    closed = conflict.model_copy(update={"state": ConflictState.closed, "closed_at": deps.now(), "closed_why": why})
    await tx.put(closed)
    still = [c for c in await tx.conflicts(deps.project.id, states=[ConflictState.open]) if set(c.messages) & set(conflict.messages)]
    for id_ in conflict.messages if not still else ():
        said = await tx.message(id_)
        if said.state is MessageState.queued:
            await acknowledge(tx, deps, said, f"{conflict.id} is over: {why}")
        elif (to := said.to_session) is not None and _wants_to_know(conflict, look, to):
            words = gone(conflict, to, deps.project.default_branch, why)
            await post(tx, deps, author=Author.televibe, sender=None, receivers=[to], type_=MessageType.notice, content=words)
    against = conflict.b or deps.project.default_branch
    text = f"{conflict.id}, {conflict.a} and {against}, is over: {why}"
    await tx.record(_event(deps, look, closed, EventKind.conflict_closed, text))


def _wants_to_know(conflict: Conflict, look: Look, session_id: str) -> bool:
    """Not whoever was to end it and did, nor anybody when a side landed or left: what that means is told where it is done."""
    mine, theirs = (conflict.a, conflict.b) if session_id == conflict.a else (conflict.b or "", conflict.a)
    if mine not in look.sides or (theirs and (theirs not in look.sides or look.sides[theirs].landed)):
        return False
    head = conflict.head_a if mine == conflict.a else conflict.head_b
    return mine != conflict.adapts or look.sides[mine].head == head


def _seen_event(deps: Deps, look: Look, conflict: Conflict, *, again: bool, told: bool) -> NewEvent:
    """``again``: it was known; only what stands where is another. That is for the record, unless it became worse."""
    line = headline(conflict, deps.project.default_branch)
    if not again:
        return _event(deps, look, conflict, EventKind.conflict_seen, line)
    event = _event(deps, look, conflict, EventKind.conflict_seen, f"worse now: {line}" if told else f"still there: {line}")
    return event if told else event.model_copy(update={"data": {**event.data, "again": True}})


def _event(deps: Deps, look: Look, conflict: Conflict, kind: EventKind, text: str) -> NewEvent:
    """It belongs to a goal when both sides do."""
    goals = {look.sides[id_].session.goal_id for id_ in (conflict.a, conflict.b) if id_ is not None and id_ in look.sides}
    facts = conflict.model_dump(
        mode="json", include={"id", "a", "b", "kind", "cause", "severity", "files", "symbols", "adapts", "closed_why"}
    )
    goal = next(iter(goals)) if len(goals) == 1 else None
    return NewEvent(kind=kind, project_id=deps.project.id, goal_id=goal, session_id=conflict.a, text=text, data=facts)
