"""The lexical ranker: BM25 over words, identifiers and paths, in memory. It is also the index that tests and short commands use."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orchestrator.nouns.retrieval import Document, DocumentKind, Hit
from orchestrator.verbs.words import words

K1 = 1.5
B = 0.75
"""Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), 3.5. Anything in 1.2..2.0 and 0.5..0.9 recalls within
half a point of these on commit messages against the symbols they touch; see ``FusedIndex``."""

REPEATS = 3
"""A word that a query says more often than this counts no more."""

TERMS_LIMIT = 200
"""Of a query: the rarest. More of them only cost time."""

CHUNK = 200
"""Documents taken in before the event loop gets a turn: some milliseconds."""

KINDS = tuple(DocumentKind)


class Postings:
    """Where a term occurs: slots, ascending, and how often in each."""

    __slots__ = ("counts", "slots")

    def __init__(self) -> None:
        self.slots = array("I")
        self.counts = array("H")


class LexicalIndex:
    """Satisfies ``Index``. A replaced or removed document leaves a dead slot; when half are dead, everything is laid out anew."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._slots: dict[str, int] = {}  # document id → slot
        self._documents: list[Document | None] = []  # by slot; None: dead
        self._postings: dict[str, Postings] = {}
        self._lengths = array("f")
        self._kinds = array("b")
        self._sessions = array("i")
        self._alive = bytearray()
        self._session_codes: dict[str | None, int] = {}

    async def upsert(self, documents: Sequence[Document]) -> None:
        for place, document in enumerate(documents, start=1):
            self._drop(document.id)
            self._add(document)
            if place % CHUNK == 0:
                await asyncio.sleep(0)
        self._tidy()

    async def remove(self, ids: Sequence[str]) -> None:
        for id_ in ids:
            self._drop(id_)
        self._tidy()

    async def missing(self, documents: Sequence[Document]) -> list[Document]:
        return [d for d in documents if d.id not in self._slots or self._documents[self._slots[d.id]] != d]

    async def known(self) -> set[str]:
        return set(self._slots)

    async def search(
        self, query: str, *, limit: int = 20, kinds: Sequence[DocumentKind] = (), not_session: str | None = None
    ) -> list[Hit]:
        """The score is the share of the query's information that the document covers."""
        weights = self._weights(query)
        if not weights or limit < 1:
            return []
        scores = np.zeros(len(self._documents), dtype=np.float32)
        norm = self._norm()
        for term, weight in weights.items():
            postings = self._postings.get(term)
            if postings is not None:
                slots = np.frombuffer(postings.slots, dtype=np.uint32)
                counts = np.frombuffer(postings.counts, dtype=np.uint16).astype(np.float32)
                scores[slots] += weight * counts / (counts + norm[slots])
        scores[~self._admitted(kinds, not_session)] = 0.0
        ceiling = sum(weights.values())
        return [self._hit(slot, float(scores[slot]) / ceiling) for slot in _best(scores, limit)]

    def describe(self) -> str:
        return "lexical (BM25)"

    async def close(self) -> None:
        self._clear()

    def _hit(self, slot: int, score: float) -> Hit:
        document = self._documents[slot]
        assert document is not None
        return Hit(document=document, score=min(score, 1.0), rankers=("lexical",))

    def _weights(self, query: str) -> dict[str, float]:
        """Query terms with the most they can contribute. Terms that nothing has still count as information asked for."""
        asked = Counter(words(query))
        weights = {t: self._rarity(t) * math.sqrt(min(n, REPEATS)) for t, n in asked.items()}
        if len(weights) <= TERMS_LIMIT:
            return weights
        return dict(sorted(weights.items(), key=lambda item: -item[1])[:TERMS_LIMIT])

    def _rarity(self, term: str) -> float:
        postings = self._postings.get(term)
        have, total = len(postings.slots) if postings else 0, len(self._documents)
        return math.log(1 + (total - have + 0.5) / (have + 0.5))

    def _norm(self) -> NDArray[np.float32]:
        lengths = np.frombuffer(self._lengths, dtype=np.float32)
        average = float(lengths.mean()) if len(lengths) else 1.0
        norm: NDArray[np.float32] = (K1 * (1 - B + B * lengths / max(average, 1.0))).astype(np.float32)
        return norm

    def _admitted(self, kinds: Sequence[DocumentKind], not_session: str | None) -> NDArray[np.bool_]:
        admitted = np.frombuffer(self._alive, dtype=np.uint8).astype(np.bool_)
        if kinds:
            admitted &= np.isin(np.frombuffer(self._kinds, dtype=np.int8), [KINDS.index(k) for k in kinds])
        if not_session is not None and not_session in self._session_codes:
            admitted &= np.frombuffer(self._sessions, dtype=np.int32) != self._session_codes[not_session]
        return admitted

    def _add(self, document: Document) -> None:
        slot = len(self._documents)
        counts = Counter(words(document.text))
        for term, count in counts.items():
            postings = self._postings.get(term)
            if postings is None:
                postings = self._postings[term] = Postings()
            postings.slots.append(slot)
            postings.counts.append(min(count, 65_535))
        self._slots[document.id] = slot
        self._documents.append(document)
        self._lengths.append(float(counts.total()))
        self._kinds.append(KINDS.index(document.kind))
        self._sessions.append(self._session_codes.setdefault(document.session_id, len(self._session_codes)))
        self._alive.append(1)

    def _drop(self, id_: str) -> None:
        slot = self._slots.pop(id_, None)
        if slot is not None:
            self._documents[slot] = None
            self._alive[slot] = 0

    def _tidy(self) -> None:
        if len(self._documents) > 2 * len(self._slots) + CHUNK:
            alive = [d for d in self._documents if d is not None]
            self._clear()
            for document in alive:
                self._add(document)


def _best(scores: NDArray[np.float32], limit: int) -> list[int]:
    """Slots with a score, the best first; of equals the older one."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        least = np.partition(scores[found], len(found) - limit)[len(found) - limit]
        found = found[scores[found] >= least]
    order = np.argsort(-scores[found], kind="stable")[:limit]
    return [int(slot) for slot in found[order]]
