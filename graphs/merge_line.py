"""The line: what waits to land, merged entry on entry beside every worktree, on the default branch's head as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphs.context_file import CARRIED, carried
from graphs.state import Deps
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.merging import MergeEntry
from orchestrator.verbs.merge_queue import Stack, after_landing
from orchestrator.verbs.merge_words import landing_message


@dataclass(frozen=True)
class Candidate:
    """A commit that the default branch could move to."""

    tree: str
    commit: str


@dataclass
class Line:
    """Merges by stack, on ``main``. All of it can be made again; nothing is stored."""

    deps: Deps
    main: str = ""
    merged: dict[Stack, str] = field(default_factory=dict)  # commits with the right content, whatever their shape
    paths: dict[Stack, frozenset[str]] = field(default_factory=dict)  # that differ by the last entry of the stack
    trees: dict[Stack, str] = field(default_factory=dict)  # with the context file as it is to land
    commits: dict[Stack, str] = field(default_factory=dict)
    faults: dict[Stack, GitError] = field(default_factory=dict)  # why the last entry does not merge there
    passed: set[str] = field(default_factory=set)  # entries that the gates let through; they are asked again before the landing
    neighbours: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)  # who landed lately: title, paths that changed

    def moved(self, main: str) -> None:
        """The default branch is at ``main``: what was merged elsewhere says nothing."""
        if main != self.main:
            self.main = main
            for known in (self.merged, self.paths, self.trees, self.commits, self.faults):
                known.clear()
            self.passed.clear()

    def landed(self, main: str, stack: Stack) -> None:
        """The default branch is at ``main``, which is ``stack`` on top of what it was: what was merged behind it is so still."""
        merged, trees = after_landing(self.merged, stack), after_landing(self.trees, stack)
        paths = after_landing(self.paths, stack)
        self.moved(main)
        self.merged, self.trees, self.paths = merged, trees, paths
        self.merged.pop((), None)
        self.trees.pop((), None)

    async def merge(self, stack: Stack, entries: Mapping[str, MergeEntry]) -> str:
        """A commit with what the stack is. ``GitError`` (a ``MergeConflict``, say) when its last entry does not merge there."""
        if not stack:
            return self.main
        if stack in self.faults:
            raise self.faults[stack]
        if stack not in self.merged:
            below = await self.merge(stack[:-1], entries)
            try:
                self.merged[stack] = await self.deps.git.stacked(below, entries[stack[-1]].heads)
            except GitError as error:
                self.faults[stack] = error
                raise
        return self.merged[stack]

    async def changed(self, stack: Stack, entries: Mapping[str, MergeEntry]) -> frozenset[str]:
        """Paths that differ by the last entry."""
        if stack not in self.paths:
            here, below = await self.merge(stack, entries), await self.merge(stack[:-1], entries)
            found = await self.deps.git.changed_by([(here, below)]) if here != below else {}
            self.paths[stack] = frozenset(found.get(here, set()))
        return self.paths[stack]

    async def candidate(self, stack: Stack, entries: Mapping[str, MergeEntry]) -> Candidate:
        """The commit to be checked, and to land as it is. Its first parent is the default branch's head."""
        if not stack:
            self.trees.setdefault(stack, await self.deps.git.tree(self.main))
            return Candidate(self.trees[stack], self.main)
        if stack not in self.trees:
            merged = await self.merge(stack, entries)
            files = await carried(self.deps, self.main, merged)
            self.trees[stack] = await self.deps.git.with_files(merged, files)
        if stack not in self.commits:
            tree, chosen = self.trees[stack], [entries[id_] for id_ in stack]
            heads = [head for entry in chosen for head in entry.heads]
            shared = self.deps.policy.context_file and tree != await self.deps.git.tree(await self.merge(stack, entries))
            message = landing_message([entry.title for entry in chosen], CARRIED if shared else "")
            self.commits[stack] = await self.deps.git.landing(tree, self.main, heads, message)
        return Candidate(self.trees[stack], self.commits[stack])
