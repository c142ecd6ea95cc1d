"""Opening a project's index: both rankers when Chroma can be had, the lexical one when not.

A project's vectors lie in ``<directory>/<project>/<generation>``. A generation that cannot be used is left where it is and the
next one begun: the index is a projection, whoever opens it adds what is missing. One unusable generation is kept to be looked at.
"""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from orchestrator.boundaries.index.chroma import ChromaIndex, VectorsUnusable
from orchestrator.boundaries.index.fused import FusedIndex
from orchestrator.boundaries.index.lexical import LexicalIndex
from orchestrator.boundaries.index.protocol import Index

log = logging.getLogger(__name__)


async def open_index(directory: Path, project_id: str) -> Index:
    """The index of one project, with the documents it had. Only one process at a time may hold it open."""
    home = directory / re.sub(r"[^A-Za-z0-9._-]", "_", project_id)
    lexical = LexicalIndex()
    vector = await _open_vectors(home)
    if vector is None:
        return lexical
    await lexical.upsert(vector.documents())
    return FusedIndex(lexical, vector)


async def _open_vectors(home: Path) -> ChromaIndex | None:
    try:
        generations = _generations(home)
    except OSError as error:
        log.warning("action=index.lexical_only directory=%s error=%s", home, error)
        return None
    newest = generations[-1] if generations else 1
    try:
        return await ChromaIndex.open(home / str(newest))
    except VectorsUnusable as error:
        log.warning("action=index.set_aside directory=%s error=%s", home / str(newest), error)
    for old in generations[:-1]:
        shutil.rmtree(home / str(old), ignore_errors=True)
    try:
        return await ChromaIndex.open(home / str(newest + 1))
    except VectorsUnusable as error:
        log.warning("action=index.lexical_only directory=%s error=%s", home, error)
        return None


def _generations(home: Path) -> list[int]:
    if not home.exists():
        return []
    return sorted(int(entry.name) for entry in home.iterdir() if entry.name.isdecimal())
