"""A tree as far as it is known: which paths it has, and what the files say that were read. What is missing is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from orchestrator.verbs.semantic.indexed import Indexed


class Listing:
    """All paths of a base, and where a folder or file of some name lies. Made once for a base."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)
        self.folders: set[str] = set()
        self.places: dict[str, set[str]] = {}
        self.packages: set[str] = set()  # folders with Python in them, at any depth
        for path in self.paths:
            self._place(path)

    @cached_property
    def go_files(self) -> dict[str, list[str]]:
        """By folder, which is their package."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            if path.endswith(".go"):
                found.setdefault(path.rpartition("/")[0] or ".", []).append(path)
        return found

    def _place(self, path: str) -> None:
        for name, place in steps_of(path):
            self.places.setdefault(name, set()).add(place)
        above = [path[:at] for at, letter in enumerate(path) if letter == "/"]
        self.folders.update(above)
        if path.endswith(".py"):
            self.packages.update(above)


def steps_of(path: str) -> Iterator[tuple[str, str]]:
    """Each folder of a path and its file without its ending, with the folder that it lies in."""
    parts = path.split("/")
    for i, part in enumerate(parts):
        yield (part if i < len(parts) - 1 else part.partition(".")[0]), "/".join(parts[:i])


class View:
    """One tree: a base with some files replaced. ``changed`` gives None for a path that is gone."""

    def __init__(self, listing: Listing, read: Mapping[str, Indexed], changed: Mapping[str, Indexed | None]) -> None:
        self.listing = listing
        self.read = read
        self.changed = changed
        self.wanted: set[str] = set()
        self._added = {p for p, one in changed.items() if one is not None and p not in listing.paths}
        self._folders = {p[:at] for p in self._added for at, letter in enumerate(p) if letter == "/"}
        self._places: dict[str, set[str]] = {}
        for path in self._added:
            for name, place in steps_of(path):
                self._places.setdefault(name, set()).add(place)

    @cached_property
    def changed_go(self) -> list[str]:
        return [path for path in self.changed if path.endswith(".go")]

    def has(self, path: str) -> bool:
        if path in self.changed:
            return self.changed[path] is not None
        return path in self.listing.paths

    def has_folder(self, path: str) -> bool:
        if path in self._folders:
            return True
        if path not in self.listing.folders:
            return False
        gone = [p for p, one in self.changed.items() if one is None and p.startswith(path + "/")]
        return not gone or any(p.startswith(path + "/") for p in self.listing.paths.difference(gone))

    def places(self, name: str) -> set[str]:
        """Folders in which a file or folder of that name lies."""
        found, new = self.listing.places.get(name, set()), self._places.get(name)
        return found | new if new else found

    @cached_property
    def names(self) -> frozenset[str]:
        """What the files that were read call their functions and members."""
        read = (one for path, one in self.read.items() if path not in self.changed)
        known = (one for one in (*self.changed.values(), *read) if one is not None)
        return frozenset().union(*(one.last_names for one in known))

    def file(self, path: str) -> Indexed | None:
        """None if the tree does not have it, or if it is not known yet."""
        if path in self.changed:
            return self.changed[path]
        one = self.read.get(path)
        if one is None and path in self.listing.paths:
            self.wanted.add(path)
        return one
