"""Merge entry: a branch, or a goal's work, that waits to land on the default branch."""

from __future__ import annotations

from enum import StrEnum

from .base import Moment, Noun


class EntryState(StrEnum):
    """Where an entry is in the queue."""

    queued = "queued"
    checking = "checking"  # merged on top of what is ahead of it; the project's checks run
    checked = "checked"  # they passed on exactly ``candidate``
    waiting = "waiting"  # for the user's word: it changes files that agents or tools execute
    landed = "landed"
    kept = "kept"  # checked, and kept under a ref: landing is switched off
    evicted = "evicted"  # it does not merge, or its checks failed; ``reason`` says what
    withdrawn = "withdrawn"  # the user took it out, or what it would land is gone

    @property
    def over(self) -> bool:
        return self in {EntryState.landed, EntryState.kept, EntryState.evicted, EntryState.withdrawn}


OPEN_ENTRIES = tuple(state for state in EntryState if not state.over)


class MergeEntry(Noun):
    """One place in the merge queue of a project."""

    id: str  # "E1" …
    project_id: str
    seq: int  # order in the queue
    title: str  # what a reader is told it is: ``S12 work/login``, ``G3 Add user accounts``
    branch: str = ""  # empty: a goal's work, see ``heads``
    session_id: str | None = None
    goal_id: str | None = None
    tasks: tuple[str, ...] = ()  # of the goal, that land; none: all of it
    heads: tuple[str, ...]  # commits to merge, in this order
    state: EntryState = EntryState.queued
    base: str = ""  # what ``candidate`` was made on top of
    candidate: str = ""  # the commit that was, or is being, checked
    checks: tuple[str, ...] = ()  # one line for each command that was run on it
    landed_commit: str = ""
    sensitive: tuple[str, ...] = ()  # files that need the user's word
    approved: bool = False  # the user said yes to ``sensitive`` of these heads
    reason: str = ""  # of an eviction, in one line
    log: str = ""  # of an eviction: the telling lines
    queued_at: Moment
    updated_at: Moment


class Cause(StrEnum):
    """What an entry is evicted for."""

    conflict = "merge"  # it does not merge
    check = "check"  # merged it fails the checks
    gate = "gate"  # leases, owners or the strategy say no
    way = "integrate"  # the default branch's worktree is in the way, say; the work is as good as it was
    error = "internal"  # it could not be checked


class Eviction(Noun):
    """Why an entry is taken out, with the evidence."""

    cause: Cause
    reason: str  # one line
    log: str = ""  # the telling lines of the check
    base: str = ""  # commit of the default branch that it was merged with
    files: tuple[str, ...] = ()  # in conflict
    company: tuple[str, ...] = ()  # titles of what landed shortly before it: with whose work it was checked
