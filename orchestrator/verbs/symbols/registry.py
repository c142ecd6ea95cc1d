"""The public symbols of one file, in whatever language its suffix says."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import PurePosixPath

from orchestrator.nouns.interface import Symbol
from orchestrator.verbs.symbols.found import Found, overloads_joined
from orchestrator.verbs.symbols.paths import LANGUAGES, exports_anything

BYTES_LIMIT = 1_000_000
LINE_LIMIT = 5_000
"""Bytes in one line: what nobody writes by hand."""

GENERATED_MARK = re.compile(rb"@generated\b|\bcode generated\b.*\bdo not edit\b|\bautomatically generated\b|\bauto-?generated\b", re.I)
MARK_WITHIN = 1_000
"""Bytes from the beginning in which a generator leaves its mark (golang.org/s/generatedcode asks for a line of its own)."""

Reader = Callable[[str, bytes], Found]


def public_symbols(path: str, text: bytes) -> list[Symbol]:
    """What the file offers, in its order. Nothing for tests, generated, minified and huge files; never raises for bad source:
    Python that does not parse gives nothing, the other languages their intact parts."""
    return read(path, text).symbols


def read(path: str, text: bytes) -> Found:
    """As ``public_symbols``, and whether the whole file could be read."""
    if not exports_anything(path):
        return Found([], whole=True)
    if not written_by_hand(text):
        return Found([], whole=False)
    found = _reader(LANGUAGES[PurePosixPath(path).suffix])(path, text)
    return Found(overloads_joined(found.symbols), found.whole)


def written_by_hand(text: bytes) -> bool:
    """False for what is too long, has minified lines, or says that a program wrote it."""
    if len(text) > BYTES_LIMIT or b"\0" in text:
        return False
    if GENERATED_MARK.search(text[:MARK_WITHIN]):
        return False
    return max(map(len, text.splitlines()), default=0) <= LINE_LIMIT


def _reader(language: str) -> Reader:
    """The language's module, imported now: a grammar costs memory only in processes that meet its language."""
    module = import_module(f"orchestrator.verbs.symbols.{language}")
    reader: Reader = module.read
    return reader
