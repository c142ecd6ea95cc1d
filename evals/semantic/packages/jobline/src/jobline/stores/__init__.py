"""Where jobs are kept."""

from .base import Store
from .memory import MemoryStore
from .journal import JournalStore

KINDS = {"memory": MemoryStore, "journal": JournalStore}


def open_store(url: str) -> Store:
    kind, _, rest = url.partition("://")
    return KINDS[kind](rest) if rest else KINDS[kind]()


__all__ = ["KINDS", "JournalStore", "MemoryStore", "Store", "open_store"]
