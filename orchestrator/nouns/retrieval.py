"""Retrieval: the documents of the context index, and what a search finds."""

from __future__ import annotations

from enum import StrEnum

from .base import Noun


class DocumentKind(StrEnum):
    """What a document is about."""

    export = "export"
    decision = "decision"
    summary = "summary"  # of a session's finished jobs
    message = "message"


class Document(Noun):
    """Something that can be found. ``id`` is the noun's own id or key; ``session_id`` whose knowledge it is."""

    id: str
    kind: DocumentKind
    session_id: str | None
    text: str


class Hit(Noun):
    """A found document. ``score`` is in 0..1, comparable within one answer only; ``rankers`` says who found it."""

    document: Document
    score: float
    rankers: tuple[str, ...]
