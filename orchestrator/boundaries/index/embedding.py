"""Texts as vectors: wordllama's static token embeddings, averaged. Weights and tokenizer lie in its wheel; nothing is downloaded.

The files are read without importing the package: its import configures the root logger and loads an HTTP client, and its own
lookup misses the tokenizer beside it and goes for the network (``wordllama/wordllama.py``, ``resolve_file``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.nouns.errors import StoreError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
TENSOR = "embedding.weight"
DIMENSIONS = 256
PREPARED = 1
"""Version of how texts are prepared here. Raise it when ``prepare`` changes: stored vectors are made anew then."""

CHARACTERS_LIMIT = 4_000
"""Of one text: about a thousand tokens, after which an average says nothing any more."""

PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
"""A part of an identifier or path, or a word."""

Vectors = NDArray[np.float32]


def embedding_name() -> str:
    """Name and version, kept with stored vectors: those of another name are not comparable."""
    return f"wordllama-l2_supercat-{DIMENSIONS}/{version('wordllama')}/{PREPARED}"


def prepare(text: str) -> str:
    """Words in their order, identifiers and paths split. Not stemmed, as the tokenizer knows whole words: recall@10 is 0.20,
    and 0.18 with stems."""
    return " ".join(part.lower() for part in PART.findall(text[:CHARACTERS_LIMIT]))


class Embedding:
    """Callable as ``embed(texts)``. Loaded on the first use: 20 MB, 0.2 s; the weights stay a file mapping."""

    def __init__(self) -> None:
        self._loaded: tuple[Tokenizer, NDArray[np.float16]] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, shape (texts, 256). ``StoreError`` when wordllama's files are not there."""
        tokenizer, weights = self._load()
        encoded = tokenizer.encode_batch([_encodable(prepare(t)) for t in texts], add_special_tokens=False)
        rows = [_average(weights, e.ids) for e in encoded]
        return np.stack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)

    def _load(self) -> tuple[Tokenizer, NDArray[np.float16]]:
        if self._loaded is None:
            from tokenizers import Tokenizer

            root = _package_directory()
            self._loaded = (Tokenizer.from_file(str(root / TOKENIZER)), _mapped(root / WEIGHTS))
        return self._loaded


def _package_directory() -> Path:
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("the embedding's files are missing", "install wordllama")
    return Path(next(iter(spec.submodule_search_locations)))


def _mapped(file: Path) -> NDArray[np.float16]:
    """The matrix of a safetensors file, mapped: eight bytes of length, a JSON header, the data
    (github.com/huggingface/safetensors, "Format")."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header: dict[str, Any] = json.loads(stream.read(length))
    tensor = header[TENSOR]
    if tensor["dtype"] != "F16" or tensor["shape"][1] != DIMENSIONS:
        raise StoreError(f"{file} does not hold {DIMENSIONS} columns of 16-bit floats", "install the locked wordllama")
    start = 8 + length + tensor["data_offsets"][0]
    return np.memmap(file, dtype=np.float16, mode="r", offset=start, shape=tuple(tensor["shape"]))


def _average(weights: NDArray[np.float16], ids: Iterable[int]) -> Vectors:
    """The normalised mean of the tokens' rows. A text without tokens gets one fixed direction: it has to have some."""
    rows = weights[list(ids)].astype(np.float32)
    mean: Vectors = rows.mean(axis=0) if len(rows) else np.ones(DIMENSIONS, dtype=np.float32)
    norm = float(np.linalg.norm(mean))
    return mean / norm if norm > 0 else np.full(DIMENSIONS, DIMENSIONS**-0.5, dtype=np.float32)


def _encodable(text: str) -> str:
    """Without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
