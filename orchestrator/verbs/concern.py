"""Whether two sides' changes can meet in a merge at all, told by their paths alone."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.nouns.compared import Differences


@dataclass(frozen=True, slots=True)
class Touched:
    """What one side changed since the merge base, a rename being a deletion and an addition."""

    paths: frozenset[str]
    folders: frozenset[str]  # above paths that it has: a file of the other side may be in the way of one
    added_in: frozenset[str]  # folders, at any height, of files that it added
    emptied: frozenset[str]  # folders, at any height, that it may have renamed away


def touched(differences: Differences) -> Touched:
    """``differences`` without renames."""
    there = [path for path, one in differences.items() if one.new_blob]
    added = [path for path, one in differences.items() if not one.old_blob]
    gone = [path for path, one in differences.items() if not one.new_blob]
    folders = _above(there)
    # git takes a directory for renamed only when nothing of it is left on that side, and some of it is new elsewhere.
    emptied = _above(gone) - folders if added else frozenset[str]()
    return Touched(frozenset(differences), folders, _above(added), emptied)


def may_meet(one: Touched, other: Touched) -> bool:
    """False: every merge of the two is clean. They share a path; or one has a file where the other has a directory; or one added to a
    directory that the other renamed, which git makes follow (git-merge(1), ``merge.directoryRenames``)."""
    return not (
        one.paths.isdisjoint(other.paths)
        and one.paths.isdisjoint(other.folders)
        and other.paths.isdisjoint(one.folders)
        and one.emptied.isdisjoint(other.added_in)
        and other.emptied.isdisjoint(one.added_in)
    )


def _above(paths: list[str]) -> frozenset[str]:
    """Every directory above these paths, but the top."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)
