"""The vector ranker: embedded Chroma, one directory and one collection a project, owned by one process.

Chroma is given vectors, never texts to embed, so that its default embedding (a download) can not come into play. Its calls block,
and run one after the other in a thread of their own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from orchestrator.boundaries.index.embedding import DIMENSIONS, Embedding, embedding_name
from orchestrator.nouns.errors import StoreError
from orchestrator.nouns.retrieval import Document, DocumentKind, Hit
from orchestrator.verbs.words import words

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")
Vector = NDArray[np.float32]

COLLECTION = "documents"
BATCH = 500
"""Records a write: about 0.2 s, after which another call gets its turn."""

PAGE = 2_000

DATABASE = "chroma.sqlite3"
LOCKED_SECONDS = 1.0
"""How long another process may keep the database locked before it counts as taken."""

SYNC_THRESHOLD = 1_000
"""Records that Chroma keeps in its log before it writes them to the graph on disk; its own default."""

UNFILTERED_LIMIT = 400
"""Neighbours asked for without a filter, to be filtered here: 2 ms, where Chroma's own ``where`` takes 30 ms at 10,000 records."""

CLOSE = 0.3
"""Cosine up to which a document is not called found: the nearest of anything is always something. On commit subjects against a
repository's symbols the nearest lies at 0.52 (median; 5th percentile 0.22), the median pair at 0.13; of a query about something
else altogether the nearest lies at 0.2–0.34."""


class VectorsUnusable(StoreError):
    """Chroma cannot open, read or write what it has on disk."""


class ChromaIndex:
    """Satisfies ``Index``; every method raises ``VectorsUnusable`` when Chroma fails. Made by ``ChromaIndex.open``."""

    def __init__(self, directory: Path, thread: ThreadPoolExecutor, embedding: Embedding) -> None:
        self._directory = directory
        self._thread = thread
        self._embedding = embedding
        self._documents: dict[str, Document] = {}  # the same objects that the lexical ranker holds
        self._client: Client | None = None
        self._collection: Collection | None = None
        self._closed = False

    @classmethod
    async def open(cls, directory: Path, embedding: Embedding | None = None, name: str | None = None) -> ChromaIndex:
        """Open or create what is in ``directory``. Vectors that another embedding made are made anew from the texts.

        ``name`` is of the embedding, by default ``embedding_name()``.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        index = cls(directory, thread, embedding or Embedding())
        try:
            await index._call(lambda: index._open(name or embedding_name()))
        except VectorsUnusable:
            await index.close()
            raise
        return index

    def documents(self) -> list[Document]:
        """Everything in the index."""
        return list(self._documents.values())

    async def upsert(self, documents: Sequence[Document]) -> None:
        latest = list({d.id: d for d in documents}.values())
        for start in range(0, len(latest), BATCH):
            await self._call(partial(self._write, latest[start : start + BATCH]))

    async def remove(self, ids: Sequence[str]) -> None:
        gone = [id_ for id_ in dict.fromkeys(ids) if id_ in self._documents]
        for start in range(0, len(gone), BATCH):
            await self._call(partial(self._delete, gone[start : start + BATCH]))

    async def missing(self, documents: Sequence[Document]) -> list[Document]:
        there = {document.id: document for document in self.documents()}
        return [document for document in documents if there.get(document.id) != document]

    async def known(self) -> set[str]:
        return set(self._documents)

    async def search(
        self, query: str, *, limit: int = 20, kinds: Sequence[DocumentKind] = (), not_session: str | None = None
    ) -> list[Hit]:
        """The score is the cosine, shifted so that ``CLOSE`` is 0."""
        if limit < 1 or not self._documents or not words(query):
            return []
        return await self._call(lambda: self._search(query, limit, frozenset(kinds), not_session))

    def describe(self) -> str:
        return f"vector ({embedding_name()})"

    async def close(self) -> None:
        """Let go of the directory. Never raises: there is nothing more to save."""
        client, self._client, self._collection = self._client, None, None
        self._documents.clear()
        if client is not None:
            with suppress(VectorsUnusable):
                await self._call(client.close)
        self._closed = True
        self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise VectorsUnusable(f"the vector index in {self._directory} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._guarded(work))

    def _guarded(self, work: Callable[[], T]) -> T:
        """Chroma's failures come as its own errors, as OS errors, as AttributeErrors of a half-made client, and as panics of its
        Rust side, which are no ``Exception``. All mean the same here."""
        try:
            return work()
        except StoreError:
            raise
        except BaseException as error:
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise VectorsUnusable(f"the vector index in {self._directory} failed: {str(error)[:200]}") from error
            raise

    def _open(self, name: str) -> None:
        import chromadb
        from chromadb.config import Settings

        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_free(self._directory / DATABASE)
        # not from a .env file in whatever directory the process stands in
        settings = Settings(anonymized_telemetry=False, _env_file=None)
        self._client = cast("Client", chromadb.PersistentClient(path=str(self._directory), settings=settings))
        there = {c.name for c in self._client.list_collections()}
        if COLLECTION not in there:
            self._collection = self._create(name)
            return
        self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        self._documents = {d.id: d for d in self._read()}
        if (self._collection.metadata or {}).get("embedding") != name:
            self._rebuild(name)
        self._probe()

    def _create(self, name: str) -> Collection:
        assert self._client is not None
        return self._client.create_collection(
            COLLECTION,
            embedding_function=None,
            metadata={"embedding": name},
            configuration={"hnsw": {"space": "cosine", "sync_threshold": SYNC_THRESHOLD}},
        )

    def _rebuild(self, name: str) -> None:
        assert self._client is not None
        documents = self.documents()
        self._client.delete_collection(COLLECTION)
        self._collection = self._create(name)
        for start in range(0, len(documents), BATCH):
            self._write(documents[start : start + BATCH])

    def _probe(self) -> None:
        """Chroma answers from whatever graph files it finds: when they are missing, from the newest records alone. Those are
        fewer than it collects before it writes the graph."""
        wanted = min(len(self._documents), SYNC_THRESHOLD)
        if wanted and len(self._neighbours(np.ones(DIMENSIONS, dtype=np.float32), wanted, None)) < wanted:
            raise VectorsUnusable(f"the vector index in {self._directory} has lost its graph")

    def _stored(self) -> Collection:
        if self._collection is None:
            raise VectorsUnusable("the vector index is closed")
        return self._collection

    def _read(self) -> Iterator[Document]:
        collection = self._stored()
        for offset in range(0, collection.count(), PAGE):
            page = collection.get(limit=PAGE, offset=offset, include=["documents", "metadatas"])
            for id_, text, about in zip(page["ids"], page["documents"] or [], page["metadatas"] or [], strict=True):
                session = str(about["session"]) or None
                yield Document(id=id_, kind=DocumentKind(str(about["kind"])), session_id=session, text=text)

    def _write(self, documents: Sequence[Document]) -> None:
        vectors = self._embedding.embed([d.text for d in documents])
        self._stored().upsert(
            ids=[_storable(d.id) for d in documents],
            embeddings=vectors,
            documents=[_storable(d.text) for d in documents],
            metadatas=[{"kind": d.kind.value, "session": d.session_id or ""} for d in documents],
        )
        self._documents.update((d.id, d) for d in documents)

    def _delete(self, ids: Sequence[str]) -> None:
        self._stored().delete(ids=[_storable(id_) for id_ in ids])
        for id_ in ids:
            self._documents.pop(id_, None)

    def _search(self, query: str, limit: int, kinds: frozenset[DocumentKind], not_session: str | None) -> list[Hit]:
        vector = self._embedding.embed([query])[0]
        admitted = sum(_admits(d, kinds, not_session) for d in self._documents.values())
        total = len(self._documents)
        wanted = min(limit, admitted)
        spread = min(total, 2 * wanted * total // max(admitted, 1) + 10)
        found: list[tuple[Document, float]] = []
        if spread <= UNFILTERED_LIMIT:
            found = [(d, c) for d, c in self._neighbours(vector, spread, None) if _admits(d, kinds, not_session)]
        if len(found) < wanted:
            found = self._neighbours(vector, wanted, _where(kinds, not_session)) if wanted else []
        return [_hit(d, cosine) for d, cosine in found[:limit] if cosine > CLOSE]

    def _neighbours(self, vector: Vector, count: int, where: dict[str, Any] | None) -> list[tuple[Document, float]]:
        answer = self._stored().query(query_embeddings=vector[np.newaxis, :], n_results=count, where=where, include=["distances"])
        distances = (answer["distances"] or [[]])[0]
        by_id = ((self._documents.get(id_), 1.0 - d) for id_, d in zip(answer["ids"][0], distances, strict=True))
        return [(document, cosine) for document, cosine in by_id if document is not None]


def _check_free(database: Path) -> None:
    """Raises ``sqlite3.Error`` when another process holds the database: Chroma would wait for it without an end."""
    if database.is_file():
        with closing(sqlite3.connect(database, timeout=LOCKED_SECONDS)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")


def _admits(document: Document, kinds: frozenset[DocumentKind], not_session: str | None) -> bool:
    return (not kinds or document.kind in kinds) and (not_session is None or document.session_id != not_session)


def _where(kinds: frozenset[DocumentKind], not_session: str | None) -> dict[str, Any] | None:
    terms: list[dict[str, Any]] = []
    if kinds:
        terms.append({"kind": {"$in": sorted(k.value for k in kinds)}})
    if not_session is not None:
        terms.append({"session": {"$ne": not_session}})
    return {"$and": terms} if len(terms) > 1 else terms[0] if terms else None


def _hit(document: Document, cosine: float) -> Hit:
    return Hit(document=document, score=min(max((cosine - CLOSE) / (1 - CLOSE), 0.0), 1.0), rankers=("vector",))


def _storable(text: str) -> str:
    """Without lone surrogates (from file names that are not UTF-8), which Chroma does not take."""
    return text.encode("utf-8", "replace").decode("utf-8")
