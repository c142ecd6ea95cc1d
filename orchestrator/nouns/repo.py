"""What git says about a repository: values that the git boundary returns and verbs decide on."""

from __future__ import annotations

from enum import StrEnum

from .base import Noun


class ChangeKind(StrEnum):
    """How a path differs between two trees."""

    added = "A"
    modified = "M"
    deleted = "D"
    renamed = "R"
    type_changed = "T"


class FileChange(Noun):
    """One changed path. ``old_path`` is set for renames."""

    path: str
    kind: ChangeKind
    old_path: str | None = None


class Commit(Noun):
    """One commit. ``at`` is the committer date, ISO 8601."""

    sha: str
    parents: tuple[str, ...]
    subject: str
    body: str
    author: str
    at: str


class RepoState(Noun):
    """A repository as found on disk."""

    root: str  # of the worktree the path is in
    main_root: str  # of the main worktree (equal to ``root`` unless the path is in a linked one)
    git_dir: str
    bare: bool
    branch: str | None  # None: detached HEAD
    head: str | None  # None: no commits yet
    dirty: tuple[str, ...]  # tracked paths with uncommitted changes
    untracked: tuple[str, ...]


class Merged(Noun):
    """The result of a merge that went through."""

    commit: str
    fast_forward: bool
    unchanged: bool  # the merged commits were there already


class Saved(Noun):
    """A worktree's state as commits: its head, and on top of that its files and its index, for as much as is not committed."""

    head: str
    dirty: str = ""  # files, untracked ones too; empty: as in ``head``
    staged: str = ""  # index; empty: as in ``head``

    @property
    def files(self) -> str:
        return self.dirty or self.head

    @property
    def index(self) -> str:
        return self.staged or self.head
