"""The enhanced instruction: gathers what the other sessions made, decided and said, and asks the brief verb to choose."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from graphs.requests import matters_for
from graphs.state import Deps
from graphs.territory import territory_of
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.interface import Dependency, DependencyState, Export, ExportStatus
from orchestrator.nouns.job import Handoff
from orchestrator.nouns.lease import OPEN_LEASES
from orchestrator.nouns.message import OPEN_MESSAGES
from orchestrator.nouns.retrieval import DocumentKind
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.brief import BriefSources, write_brief
from orchestrator.verbs.brief_files import Ground

EXPORTS = 30
DECISIONS = 20
BUSY = frozenset({SessionState.working, SessionState.queued, SessionState.waiting})


async def brief_for(
    deps: Deps,
    session: Session,
    instruction: str,
    *,
    goal_text: str = "",
    handoffs: Sequence[Handoff] = (),
    files: Sequence[str] = (),
    feedback: str = "",
    judges: bool = False,
    nonce: str | None = None,
) -> Brief:
    """What ``session`` would be given for ``instruction`` now."""
    project, wanted = deps.project.id, [DocumentKind.export]
    hits = await deps.index.search(instruction, limit=EXPORTS, kinds=wanted, not_session=session.id)
    async with deps.store.reading() as store:
        found = {e.key: e for e in await store.exports(project, keys=[hit.document.id for hit in hits])}
        handed = [e for giver in {h.from_session for h in handoffs} for e in await store.exports(project, session_id=giver)]
        decisions = await store.decisions(project, limit=DECISIONS)
        messages = await store.messages(project, to_session=session.id, states=OPEN_MESSAGES)
        todos = [o for o in await store.todos(project, open_only=True) if o.to_session in {None, session.id}]
        awaited, dependents = await _dependencies(store, deps, session)
        others = [s for s in await store.sessions(project, live_only=True) if s.id != session.id]
        ground = Ground(territory=await territory_of(store, deps), leases=tuple(await store.leases(project, states=OPEN_LEASES)))
        doing = {s.id: await store.jobs(session_id=s.id, newest=2) for s in others if s.state in BUSY}
    matters = await matters_for(deps, messages)
    exports = _handed_first([found[hit.document.id] for hit in hits if hit.document.id in found], handed)
    return write_brief(
        BriefSources(
            session=session,
            role=deps.roles[session.role],
            instruction=instruction,
            goal=goal_text,
            handoffs=tuple(handoffs),
            feedback=feedback,
            judges=judges,
            exports=tuple(e for e in exports if e.status is not ExportStatus.gone),
            messages=tuple(messages),
            matters=tuple(matters),
            todos=tuple(o for o in todos if o.from_session != session.id),
            awaited=awaited,
            dependents=dependents,
            decisions=tuple(decisions),
            others=tuple((s, tuple(f for j in doing[s.id] for f in j.files_changed)) for s in others if s.id in doing),
            parent=next((s for s in others if s.id == session.parent), None),
            children=tuple(s for s in others if s.parent == session.id),
            files=tuple(files),
            topology=deps.policy.topology,
            ground=ground,
            budget_tokens=deps.policy.brief.tokens,
            nonce=nonce or secrets.token_hex(8),
        )
    )


async def _dependencies(
    store: Reading, deps: Deps, session: Session
) -> tuple[tuple[tuple[Dependency, Export | None], ...], tuple[Dependency, ...]]:
    """(what it waits for, with the nearest that is promised, declared or, failing that, gone; what others need of it)."""
    every = await store.dependencies(deps.project.id)
    awaited = []
    for dependency in every:
        if dependency.session_id == session.id and dependency.state is DependencyState.waiting:
            near = await store.exports(deps.project.id, name=dependency.name.rpartition(".")[2], not_session=session.id)
            fits = [e for e in near if dependency.on_session in {None, e.session_id}]
            fits.sort(key=lambda e: e.status is ExportStatus.gone)
            awaited.append((dependency, fits[0] if fits else None))
    mine = f"{session.id}:"
    dependents = [d for d in every if d.session_id != session.id and (d.on_session == session.id or d.export_key.startswith(mine))]
    return tuple(awaited), tuple(dependents)


def _handed_first(found: Sequence[Export], handed: Sequence[Export]) -> list[Export]:
    """What the handed-over work exports comes first: the receiver is about to build on it."""
    keys = {e.key for e in handed}
    return [*handed, *(e for e in found if e.key not in keys)]
