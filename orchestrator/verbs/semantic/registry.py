"""The facts of one file, in whatever language its name says. Never an exception: a file that cannot be read has none."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePosixPath

from orchestrator.nouns.code import FileFacts
from orchestrator.verbs.symbols.paths import FOREIGN_DIRECTORIES, GENERATED_NAME, LANGUAGES
from orchestrator.verbs.symbols.registry import written_by_hand

SETTINGS = {
    ".toml": "toml",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".ini": "ini",
    ".cfg": "ini",
    ".env": "dotenv",
    ".sql": "sql",
}
SIZE_LIMIT = 400_000
"""Bytes. What is larger is a table or was generated."""

READERS = {
    "python": "python",
    "javascript": "ecmascript",
    "typescript": "ecmascript",
    "tsx": "ecmascript",
    "go": "go",
    "rust": "rust",
    "java": "java",
    **dict.fromkeys(SETTINGS.values(), "settings"),
}
"""Language → module of this package that has ``facts_of(path, language, text)``."""

Reader = Callable[[str, str, str], FileFacts]


def language_of(path: str) -> str:
    """The language whose facts are read; empty: none of ours."""
    where = PurePosixPath(path)
    if GENERATED_NAME.search(where.name) or FOREIGN_DIRECTORIES.intersection(where.parts[:-1]):
        return ""
    suffix = ".env" if where.name == ".env" or where.name.startswith(".env.") else where.suffix
    return LANGUAGES.get(suffix) or SETTINGS.get(suffix, "")


def facts_of(path: str, text: bytes) -> FileFacts:
    """What the file says. Not ``whole`` if it is generated, huge, or not of its language."""
    language = language_of(path)
    unread = FileFacts(path, language, whole=False, dynamic=True)
    if not language or len(text) > SIZE_LIMIT or not written_by_hand(text):
        return unread
    try:
        reader: Reader = import_module(f"orchestrator.verbs.semantic.{READERS[language]}").facts_of
        return reader(path, language, text.decode("utf-8-sig", "replace"))
    except (ModuleNotFoundError, RecursionError, MemoryError, ValueError):
        return unread
