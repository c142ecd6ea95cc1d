"""The enhanced instruction: gathers what the other sessions made, decided and said, and asks the brief verb to choose."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from graphs.state import Deps
from orchestrator.nouns.brief import Brief
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.job import Handoff
from orchestrator.nouns.message import MessageState
from orchestrator.nouns.retrieval import DocumentKind
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.brief import BriefSources, write_brief

EXPORTS = 30
DECISIONS = 20


async def brief_for(
    deps: Deps,
    session: Session,
    instruction: str,
    *,
    goal_text: str = "",
    handoffs: Sequence[Handoff] = (),
    files: Sequence[str] = (),
    nonce: str | None = None,
) -> Brief:
    """What ``session`` would be given for ``instruction`` now."""
    hits = await deps.index.search(instruction, limit=EXPORTS, kinds=[DocumentKind.export], not_session=session.id)
    async with deps.store.reading() as store:
        exports = {e.key: e for e in await store.exports(deps.project.id) if e.status is not ExportStatus.gone}
        decisions = await store.decisions(deps.project.id, limit=DECISIONS)
        messages = await store.messages(deps.project.id, to_session=session.id, states=[MessageState.queued, MessageState.delivered])
        others = [s for s in await store.sessions(deps.project.id, live_only=True) if s.id != session.id]
        doing = {s.id: await store.jobs(session_id=s.id) for s in others}
    busy = {SessionState.working, SessionState.queued, SessionState.waiting}
    found = [exports[hit.document.id] for hit in hits if hit.document.id in exports]
    return write_brief(
        BriefSources(
            session=session,
            role=deps.roles[session.role],
            instruction=instruction,
            goal=goal_text,
            handoffs=tuple(handoffs),
            exports=tuple(_handed_first(found, exports.values(), handoffs)),
            messages=tuple(messages),
            decisions=tuple(decisions),
            others=tuple((s, tuple(f for j in doing[s.id][-2:] for f in j.files_changed)) for s in others if s.state in busy),
            files=tuple(files),
            budget_tokens=deps.policy.brief.tokens,
            nonce=nonce or secrets.token_hex(4),
        )
    )


def _handed_first(found: Sequence[Export], every: Iterable[Export], handoffs: Sequence[Handoff]) -> list[Export]:
    """What the handed-over work exports comes first: the receiver is about to build on it."""
    givers = {h.from_session for h in handoffs}
    handed = [e for e in every if e.session_id in givers]
    keys = {e.key for e in handed}
    return handed + [e for e in found if e.key not in keys]
