"""Conflict: trouble between two branches that are both still being written, and the strategies that say who gives way."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import Field

from .base import Moment, Noun


class ConflictKind(StrEnum):
    """How two branches collide."""

    textual = "textual"  # git cannot merge them
    semantic = "semantic"  # git merges them, and the result is wrong
    promise = "promise"  # both make, or were to make, the same announced interface


class Cause(StrEnum):
    """What exactly collides. The first ones are git's own kinds of conflict, the others what a merge does not see."""

    content = "content"  # both changed the same lines
    both_added = "both_added"
    modify_delete = "modify_delete"
    rename = "rename"  # renamed to two places, or two files to one, or renamed here and deleted there
    directory = "directory"  # a file where the other side has a directory, or a directory that was renamed
    binary = "binary"
    submodule = "submodule"
    mode = "mode"  # two kinds of thing at one path: a file and a symlink
    unrelated = "unrelated"  # no common ancestor

    removed = "removed"  # a symbol is gone, the other side uses it
    renamed = "renamed"
    moved = "moved"  # to another file
    signature = "signature"  # the other side's calls do not fit any more
    returns = "returns"  # what it promises to return is something else
    raises = "raises"  # it raises what nobody catches
    contract = "contract"  # what a base class or interface asks of those that implement it
    same_symbol = "same_symbol"  # both added it
    same_route = "same_route"
    same_migration = "same_migration"
    same_key = "same_key"  # of a configuration

    same_promise = "same_promise"
    checks = "checks"  # each side passes the project's own checks, and the two merged do not


class Severity(StrEnum):
    """How bad it is to land both as they are."""

    high = "high"  # cannot be merged, or the merged program fails
    medium = "medium"  # it probably fails, or one side's work is lost
    low = "low"  # worth knowing


class Place(Noun):
    """Some lines of a file on one side. ``text`` is what stands there: a hunk, a signature, a call."""

    path: str  # repository-relative
    line: int = Field(ge=0)  # 1-based; 0: the file as a whole
    text: str = ""


class Finding(Noun):
    """One collision of two trees ``a`` and ``b``, as a checker found it. It knows no sessions."""

    kind: ConflictKind
    cause: Cause
    severity: Severity
    files: tuple[str, ...]  # sorted
    symbols: tuple[str, ...] = ()  # qualified inside their files
    summary: str  # one line: what collides with what
    a: tuple[Place, ...] = ()  # evidence on each side: both hunks, or both signatures, or a signature and a call
    b: tuple[Place, ...] = ()
    adapts: str = ""  # "a" or "b": the side that has less to change; empty: either

    @property
    def identity(self) -> str:
        """The same as long as it is the same trouble, whatever lines it moved to."""
        said = "\0".join([self.kind, self.cause, *self.files, "", *self.symbols])
        return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:16]


class ConflictState(StrEnum):
    """Whether it is still there."""

    open = "open"
    closed = "closed"  # the branches do not collide so any more


class Conflict(Noun):
    """A collision of two live sessions' branches, or of one with the default branch, for as long as it is there."""

    id: str  # "X1" …
    project_id: str
    identity: str  # of its finding
    a: str  # session id
    b: str | None  # None: the default branch
    kind: ConflictKind
    cause: Cause
    severity: Severity
    files: tuple[str, ...]
    symbols: tuple[str, ...] = ()
    summary: str
    evidence_a: tuple[Place, ...] = ()
    evidence_b: tuple[Place, ...] = ()
    adapts: str = ""  # session id of who is proposed to adapt; empty: nobody in particular
    proposal: str = ""  # one line: who adapts, and in which order to land
    head_a: str  # commits at which it was last seen; of a worktree that was dirty, a snapshot
    head_b: str
    state: ConflictState = ConflictState.open
    told_as: Severity | None = None  # when its sessions were told last; None: they were not
    told_at: Moment | None = None
    messages: tuple[str, ...] = ()  # ids of those in which they were told
    first_seen: Moment
    last_seen: Moment
    closed_at: Moment | None = None
    closed_why: str = ""


class Strategy(StrEnum):
    """Who gives way when branches collide."""

    first_come = "first_come"  # what lands first stands; the other one adapts
    integrator = "integrator"  # one session merges, nobody else does
    ownership = "ownership"  # files have owners; an edit elsewhere is refused, or becomes a request
    locks = "locks"  # a file is edited by whoever holds its lease


class Ownership(Noun):
    """Whose the files are that match a glob, as the user said it at run time. It comes before what the configuration says."""

    project_id: str
    glob: str  # repository-relative
    owner: str | None  # session id, team or role; None: shared, needs coordination
    withdrawn: bool = False
    set_at: Moment


class StrategyRule(Noun):
    """The strategy for the files that match a glob, as the user said it at run time. It comes before what the configuration says."""

    project_id: str
    glob: str  # ``**``: the whole project
    strategy: Strategy
    integrator: str = ""  # session id or role, for ``integrator``
    withdrawn: bool = False
    set_at: Moment
