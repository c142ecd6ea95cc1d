"""Git as the rest of the program sees it. Paths are absolute; branches are short names; commits are full SHAs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from orchestrator.nouns.repo import Commit, FileChange, Merged, RepoState, Saved


class Git(Protocol):
    """One repository. All methods raise ``GitError`` (or a child of it) when git refuses."""

    @property
    def root(self) -> str:
        """The main worktree."""
        ...

    async def state(self, worktree: str | None = None) -> RepoState: ...
    async def resolve(self, revision: str) -> str | None:
        """The commit a branch, ref or SHA names, or None."""
        ...

    async def branches(self) -> list[str]: ...
    async def checked_out(self) -> dict[str, str]:
        """Branch → absolute path of the worktree that has it checked out."""
        ...

    async def add_worktree(self, path: str, branch: str, start: str) -> str:
        """Create ``branch`` at ``start`` in a new worktree and return its head. ``BranchTaken`` if it exists."""
        ...

    async def adopt_worktree(self, path: str, branch: str) -> str:
        """A new worktree for an existing branch. ``BranchTaken`` if it is checked out elsewhere."""
        ...

    async def add_detached_worktree(self, path: str, start: str) -> str: ...
    async def remove_worktree(self, path: str) -> None:
        """Remove a worktree, whatever is in it. Callers ``keep`` what is worth keeping first. Idempotent."""
        ...

    async def head(self, worktree: str) -> str: ...
    async def stand_in(self) -> dict[str, str]:
        """Environment variables that give a process an identity to commit with, when the user has configured none."""
        ...

    async def untouched(self, worktree: str, branch: str, commit: str) -> bool:
        """Whether a worktree of ours stands on ``branch`` at ``commit``, and nothing in it differs."""
        ...

    async def changes(self, worktree: str) -> list[FileChange]:
        """Uncommitted changes, untracked files included, ignored ones not."""
        ...

    async def commit_all(self, worktree: str, message: str, trailers: dict[str, str] | None = None) -> str | None:
        """Commit everything in the worktree; None when there is nothing to commit. Runs no hooks."""
        ...

    async def last_message(self, worktree: str) -> str:
        """The whole message of the worktree's head commit, trailers included."""
        ...

    async def commits(self, base: str, head: str) -> list[Commit]:
        """``base..head``, oldest first."""
        ...

    async def changed_files(self, base: str, head: str) -> list[FileChange]: ...
    async def diff(self, base: str, head: str, *, limit_bytes: int = 1_000_000) -> str: ...
    async def worktree_diff(self, worktree: str, base: str, *, limit_bytes: int = 1_000_000) -> str:
        """``base`` against the worktree as it is, uncommitted and untracked work included."""
        ...

    async def read_files(self, revision: str, paths: list[str], *, limit_bytes: int = 1_000_000) -> dict[str, bytes]:
        """Contents by path; a path that is not there, or is larger than the limit, is left out. One git process."""
        ...

    async def files(self, revision: str) -> list[str]: ...
    async def merge_base(self, a: str, b: str) -> str | None: ...
    async def contains(self, descendant: str, ancestor: str) -> bool: ...
    async def merge(self, worktree: str, commits: list[str], message: str) -> Merged:
        """Merge commits one after the other into the worktree's branch. On conflict everything is as before and
        ``MergeConflict`` names the files; a contradiction in the context file alone is none, there our side is kept."""
        ...

    async def snapshot(self, worktree: str) -> str:
        """A commit of the worktree as it is (untracked files too) on top of its head, without touching branch or index."""
        ...

    async def keep(self, name: str, commit: str) -> str:
        """Point ``refs/televibe/<name>`` at ``commit`` so that it is never collected; returns the full ref."""
        ...

    async def kept(self, folder: str) -> dict[str, str]:
        """Ref → commit of what was kept under ``refs/televibe/<folder>/``; of all that was kept, if ``folder`` is empty."""
        ...

    async def branches_with(self, worktree: str, base: str, heads: Sequence[str]) -> list[str]:
        """Branches that have a commit which was made in ``worktree`` (its log of HEAD says so), is in one of ``heads``, and not in
        ``base``. What came there by a merge or a fast-forward is somebody else's."""
        ...

    async def create_branch(self, branch: str, commit: str) -> None:
        """A branch that no worktree has checked out. ``GitError`` if it exists."""
        ...

    async def drop_branch(self, branch: str, expected: str) -> None:
        """Remove a branch that is still at ``expected``; ``GitError`` if it is elsewhere."""
        ...

    async def attach(self, worktree: str, branch: str) -> None:
        """Make HEAD name ``branch`` and touch nothing else: what differs is uncommitted work from then on."""
        ...

    async def mend_worktree(self, path: str, branch: str) -> None:
        """Make ``path`` a worktree of this repository again, if it was removed or its ``.git`` is not ours. Files stay as they are; a
        foreign ``.git`` stays beside it as ``dot-git-…``."""
        ...

    async def put_back(self, worktree: str, branch: str, commit: str) -> None:
        """``branch`` at ``commit``, checked out, nothing else there but ignored files. Callers ``keep`` what was there first."""
        ...

    async def touched(self, base: str, head: str, given: Sequence[str] = ()) -> list[str]:
        """Paths (a rename has two) that differ between the two because of commits of ``base..head`` that are not in ``given``. Of a
        merge only what its author added counts. All that differ, if ``base`` is not in ``head``."""
        ...

    async def with_paths(
        self, base: str, work: str, paths: Iterable[str], message: str, trailers: Mapping[str, str] | None = None
    ) -> str:
        """A commit on top of ``base`` that has ``paths`` as ``work`` has them. No branch moves."""
        ...

    async def advance(self, branch: str, new: str, expected: str) -> None:
        """Move ``branch`` from ``expected`` to its descendant ``new``. If a worktree has it checked out, that worktree follows
        (as ``git merge --ff-only`` does); ``NotReady`` names the files in the way, and nothing moved.
        The context file is never in the way: local changes of it stay on disk."""
        ...

    async def tree(self, commit: str) -> str: ...
    async def stacked(self, ours: str, heads: Sequence[str]) -> str:
        """A merge of the heads into ``ours``, one after the other; ``ours`` itself if it has them all. ``MergeConflict`` names the
        files. Moves nothing."""
        ...

    async def with_files(self, commit: str, files: Mapping[str, bytes]) -> str:
        """The tree of ``commit`` with these contents, as plain files."""
        ...

    async def landing(self, tree: str, onto: str, heads: Sequence[str], message: str) -> str:
        """A commit of ``tree`` with the parents ``onto`` and ``heads``; the head itself, if it is one step from ``onto`` to this
        tree. No branch moves."""
        ...

    async def edits(self, worktree: str, commit: str) -> list[str]:
        """Tracked files of a detached worktree that are not as ``commit`` has them; ``HEAD`` if that is elsewhere."""
        ...

    async def restored(self, worktree: str, commit: str) -> None:
        """Tracked files and HEAD of a detached worktree as ``commit`` has them; what is not tracked stays."""
        ...

    async def merged_into(self, commit: str) -> set[str]:
        """Branches of which ``commit`` has everything."""
        ...

    async def keep_all(self, commits: Mapping[str, str]) -> None:
        """As ``keep``, all of them or none, in one process."""
        ...

    async def push(self, remote: str, commit: str, branch: str) -> None:
        """``commit`` to a branch of a remote, never by force; runs no hook."""
        ...

    async def occupied(self, worktree: str, branch: str) -> str:
        """Why the worktree must be left alone just now, in words that follow "because"; empty when it need not."""
        ...

    async def saved(self, worktree: str) -> Saved:
        """Commits of the files and of the index as they are, for as much as is not committed. Touches nothing."""
        ...

    async def rebased(self, head: str, onto: str) -> str:
        """``onto`` with the commits of ``onto..head`` (a line without merges) on top. ``MergeConflict`` names the files of the
        first that does not fit. Moves nothing, runs nothing."""
        ...

    async def merged(self, head: str, other: str, message: str) -> str:
        """A merge of ``other`` into ``head``. ``MergeConflict`` names the files. Moves nothing."""
        ...

    async def carried(self, work: str, head: str, onto: str) -> str:
        """``work``, a commit on top of ``head``, on top of ``onto`` instead. ``MergeConflict`` names the files. Moves nothing."""
        ...

    async def mixture(self, work: str, one: str, other: str) -> bool:
        """Whether ``work`` has of every path what one of the two others has of it."""
        ...

    async def move(self, worktree: str, branch: str, *, was: Saved, new: Saved, why: str) -> None:
        """Files, index and branch from ``was`` to ``new``. ``NotReady``: the files are not as ``was`` says, or ignored ones are in
        the way; ``GitError``: the branch is elsewhere. In either case all is as before."""
        ...

    async def heads(self) -> dict[str, str]:
        """Branch → its head."""
        ...

    async def containing(self, commit: str) -> set[str]:
        """Branches that have ``commit``."""
        ...

    async def also_elsewhere(self, branch: str, base: str) -> set[str]:
        """Commits beyond ``base`` that any branch but this one has, here or as this repository knows of remotes, or a tag."""
        ...

    async def changed_by(self, pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        """Head → paths that differ from its base, for many (head, base) at once, in one process."""
        ...

    async def read_blobs(self, asked: Sequence[tuple[str, str]], *, limit_bytes: int = 1_000_000) -> dict[tuple[str, str], bytes]:
        """As ``read_files``, of many revisions at once: (revision, path) → content. Two git processes."""
        ...

    async def fetch(self, remote: str, branch: str) -> str:
        """Fetch one branch of a remote; its commit there. Tags, submodules and FETCH_HEAD are left alone."""
        ...

    async def remote_url(self, remote: str) -> str | None: ...
    async def ref_files(self, branch: str) -> list[str]:
        """Files of which at least one is another one (by ``stat``) when the branch moved, whoever moved it."""
        ...

    async def only_here(self, commits: Iterable[str]) -> set[str]:
        """Those of ``commits`` that no branch, tag or remote-tracking branch has."""
        ...

    async def same_changes(self, commit: str, onto: str) -> bool:
        """Whether ``onto`` has the change of each commit of ``onto..commit``, in commits of whatever name."""
        ...

    async def worktrees(self) -> list[str]:
        """Absolute paths, the main one first; also of those whose directory is gone."""
        ...

    async def drop_kept(self, ref: str, expected: str) -> None:
        """Take away a ref under ``refs/televibe/`` that is still at ``expected``; ``GitError`` if it is elsewhere."""
        ...
