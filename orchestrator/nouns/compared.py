"""Compared: what git says about two commits side by side. Dataclasses, since one look at fifty branches makes thousands of them."""

from __future__ import annotations

from dataclasses import dataclass

ABSENT = "000000"
"""The mode of a path that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One path that differs between a base and a head, renames recognised. Blobs are object names; empty: not there."""

    path: str  # in the head; of a deleted file in the base
    status: str  # "A", "D", "M", "R" or "T", as git-diff-tree(1) has them
    old_path: str  # in the base; the same as ``path`` unless it was renamed
    old_mode: str  # six octal digits; ``ABSENT`` when added
    new_mode: str
    old_blob: str
    new_blob: str


Differences = dict[str, Difference]
"""By ``path``."""

Span = tuple[str, str]
"""Two commits: a base and a head, or two heads."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the index would have of an unmerged path: 1 is the base, 2 is ``a``, 3 is ``b``."""

    number: int
    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Said:
    """One conflict in git's words. ``kind`` is its short type, such as ``CONFLICT (modify/delete)``."""

    paths: tuple[str, ...]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Merge:
    """What merging ``b`` into ``a`` gives. ``failed``: why git could not even try, in its words; then the rest is empty."""

    a: str
    b: str
    tree: str = ""
    clean: bool = False
    stages: tuple[Stage, ...] = ()
    said: tuple[Said, ...] = ()  # conflicts only, not "Auto-merging"
    failed: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is in conflict, sorted."""
        return tuple(sorted({stage.path for stage in self.stages} | {path for said in self.said for path in said.paths}))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A worktree as one commit. It is in the radar's own object store, not in the repository's."""

    head: str
    commit: str  # equal to ``head`` when nothing differs
    left_out: tuple[str, ...] = ()  # as in ``head``: in conflict just now, or of a filter that only its own program understands


@dataclass(frozen=True, slots=True)
class Desk:
    """A worktree of a repository that is on disk. ``branch`` is None at a detached head, ``head`` empty before the first commit."""

    path: str
    head: str
    branch: str | None
