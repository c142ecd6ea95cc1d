"""Which branches and worktrees of a repository are compared, and with what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.boundaries.git.radar import Radar
from orchestrator.nouns.compared import Desk
from orchestrator.nouns.errors import TeleVibeError, UsageError

BRANCHES = 400
"""More give more than 79,800 pairs; then the user says which ones."""


@dataclass(frozen=True)
class Asked:
    """What the user named. Nothing: every branch that has something the base has not."""

    names: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    base: str = ""
    worktrees: bool = True  # work that is not committed, too


@dataclass(frozen=True)
class Head:
    """One side of the comparisons. ``commit`` is a snapshot when ``uncommitted``."""

    name: str
    commit: str
    worktree: str = ""
    uncommitted: bool = False
    left_out: tuple[str, ...] = ()  # files that the snapshot has as they are committed


@dataclass(frozen=True)
class Heads:
    """All sides. ``base`` has no name when the repository has no branch to compare with."""

    heads: tuple[Head, ...]
    base: str
    base_commit: str
    unread: tuple[str, ...] = ()  # worktrees that could not be looked at, and why

    @property
    def commits(self) -> dict[str, str]:
        return {head.name: head.commit for head in self.heads}


async def heads_of(radar: Radar, asked: Asked) -> Heads:
    """``UsageError`` names what there is not, or that there are too many to compare them all."""
    branches = await radar.heads()
    base, base_commit = await _base(radar, asked.base, branches)
    chosen = await _chosen(radar, asked, branches, base, base_commit)
    heads = {name: Head(name, commit) for name, commit in chosen.items()}
    unread: list[str] = []
    for desk in await radar.worktrees() if asked.worktrees else ():
        wanted = _wanted(desk, asked, heads, base)
        if wanted is None:
            continue
        try:
            snapshot = await radar.snapshot(desk.path)
        except TeleVibeError as error:
            unread.append(f"{desk.path}: {error}")
            continue
        dirty = snapshot.commit != snapshot.head
        if wanted in heads or dirty or (desk.branch is None and desk.head != base_commit):
            old = heads.get(wanted, Head(wanted, snapshot.head))
            commit = snapshot.commit if dirty else old.commit
            heads[wanted] = replace(old, commit=commit, worktree=desk.path, uncommitted=dirty, left_out=snapshot.left_out)
    return Heads(tuple(heads.values()), base, base_commit, tuple(unread))


async def _base(radar: Radar, named: str, branches: Mapping[str, str]) -> tuple[str, str]:
    name = named or await radar.default_branch() or ""
    commit = branches.get(name) or (await radar.resolve(name) if name else None)
    if named and commit is None:
        raise UsageError(f"there is no branch {named!a} to compare with", _near(named, branches))
    return (name, commit) if commit else ("", "")


async def _chosen(radar: Radar, asked: Asked, branches: Mapping[str, str], base: str, base_commit: str) -> dict[str, str]:
    """Name → commit: those named, those that match, or those with something of their own; never the base itself."""
    named = {name: branches.get(name) or await radar.resolve(name) for name in dict.fromkeys(asked.names)}
    if missing := next((name for name, commit in named.items() if commit is None), None):
        raise UsageError(f"there is no branch {missing!a}", _near(missing, branches))
    found = {name: commit for name, commit in named.items() if commit is not None}
    if asked.globs:
        matching = {name: commit for name, commit in branches.items() if _matches(name, asked.globs)}
        if not matching:
            raise UsageError(f"no branch matches {' or '.join(map(ascii, asked.globs))}", "`git branch --list` shows the names")
        found |= matching
    elif not asked.names:
        merged = await radar.contained(base_commit) if base_commit else set[str]()
        found = {name: commit for name, commit in branches.items() if name not in merged}
    found.pop(base, None)
    if len(found) > BRANCHES:
        pairs = len(found) * (len(found) - 1) // 2
        raise UsageError(
            f"{len(found):,} branches are {pairs:,} pairs: too many to compare",
            f"name some, or take --branches 'feature/*' (at most {BRANCHES})",
        )
    return found


def _wanted(desk: Desk, asked: Asked, heads: Mapping[str, Head], base: str) -> str | None:
    """Under which name a worktree is compared; None: it was not asked for."""
    if not desk.head:
        return None
    if desk.branch in heads:
        return desk.branch
    if asked.names or asked.globs:
        return None
    if desk.branch is None:
        return f"(detached {Path(desk.path).name})"
    return f"{desk.branch} (uncommitted)" if desk.branch == base else desk.branch


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _near(name: str, branches: Iterable[str]) -> str:
    close = get_close_matches(name, list(branches), 1)
    return f"did you mean {close[0]}?" if close else "`git branch --list` shows the names"
