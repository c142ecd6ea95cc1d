"""The context index as the rest of the program sees it: documents in, the nearest ones out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orchestrator.nouns.retrieval import Document, DocumentKind, Hit


class Index(Protocol):
    """One project's documents. A projection of the store: it can be thrown away and rebuilt."""

    async def upsert(self, documents: Sequence[Document]) -> None:
        """Batched; a document with a known id replaces the old one."""
        ...

    async def remove(self, ids: Sequence[str]) -> None: ...
    async def known(self) -> set[str]:
        """Ids in the index."""
        ...

    async def missing(self, documents: Sequence[Document]) -> list[Document]:
        """Those that are not in the index, or not as they are."""
        ...

    async def search(
        self, query: str, *, limit: int = 20, kinds: Sequence[DocumentKind] = (), not_session: str | None = None
    ) -> list[Hit]:
        """The best first."""
        ...

    def describe(self) -> str:
        """Which rankers answer, for the doctor and the log."""
        ...

    async def close(self) -> None: ...
