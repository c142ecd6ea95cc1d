"""The context index is a projection of the store: what is missing in it is added, what is gone is removed."""

from __future__ import annotations

from orchestrator.boundaries.index.protocol import Index
from orchestrator.boundaries.store.protocol import Store
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.job import JobState
from orchestrator.nouns.retrieval import Document, DocumentKind


async def fill_index(index: Index, store: Store, project_id: str) -> int:
    """Bring ``index`` up to date with the store; returns how many documents were added or removed."""
    wanted = await documents(store, project_id)
    known = await index.known()
    missing = await index.missing(list(wanted.values()))
    extra = [id_ for id_ in known if id_ not in wanted]
    if missing:
        await index.upsert(missing)
    if extra:
        await index.remove(extra)
    return len(missing) + len(extra)


async def documents(store: Store, project_id: str) -> dict[str, Document]:
    """Every document of the project, by id."""
    async with store.reading() as view:
        exports = await view.exports(project_id)
        decisions = await view.decisions(project_id)
        jobs = await view.jobs(project_id, states=[JobState.done])
    found = [export_document(e) for e in exports if e.status is not ExportStatus.gone]
    for decision in decisions:
        words = f"{decision.decision} {decision.rationale}"
        found.append(Document(id=decision.id, kind=DocumentKind.decision, session_id=decision.session_id, text=words))
    for job in jobs:
        if job.summary:
            words = f"{job.instruction}\n{job.summary}\n{' '.join(job.files_changed)}"
            found.append(Document(id=job.id, kind=DocumentKind.summary, session_id=job.session_id, text=words))
    return {d.id: d for d in found}


def export_document(export: Export) -> Document:
    """An export as a document of the index."""
    text = f"{export.name} {export.file} {export.signature} {export.description}"
    return Document(id=export.key, kind=DocumentKind.export, session_id=export.session_id, text=text)
