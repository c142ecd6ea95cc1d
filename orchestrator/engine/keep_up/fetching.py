"""Has default branches follow a remote, where the policy says so: fetched every few minutes or when a webhook says that there is news.

``git fetch`` is all it takes: it sees what is there for the user's own credentials (``gh auth setup-git`` gives it those of gh), where
asking GitHub's API would need a token and a limit of calls, and would only know GitHub.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath

from graphs.context_file import in_step
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.projects import if_it_opens
from orchestrator.nouns.errors import NotReady, TeleVibeError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.policy import FollowPolicy
from orchestrator.verbs.grammar import counted

log = logging.getLogger("televibe.follow")

LOOK_SECONDS = 10.0
"""How late a fetch that is due may be."""


class Fetching:
    """``watch`` is the engine's task for it; ``ask`` has a project fetched at once."""

    def __init__(self, store: Store, deps: Callable[[str], Awaitable[Deps]]) -> None:
        self._store = store
        self._deps = deps
        self._fetched: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._asked: set[str] = set()
        self._news = asyncio.Event()

    def ask(self, project_id: str) -> None:
        """Fetch as soon as possible; being asked again before that is the same as once."""
        self._asked.add(project_id)
        self._news.set()

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            async with self._store.reading() as store:
                projects = await store.projects()
            await asyncio.gather(*(self._look(project.id) for project in projects))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def following(self, name: str, branch: str) -> list[str]:
        """Projects whose default branch is ``branch`` and follows a remote called ``name`` (``owner/repository``) there."""
        async with self._store.reading() as store:
            projects = await store.projects()
        found = []
        for project in projects:
            deps = await if_it_opens(self._deps, project.id)
            if deps is None or deps.policy.follow is None or project.default_branch != branch:
                continue
            url = await deps.git.remote_url(deps.policy.follow.remote)
            if url is not None and repository_of(url) == name.lower():
                found.append(project.id)
        return found

    async def _look(self, project_id: str) -> None:
        deps = await if_it_opens(self._deps, project_id)
        follow = deps.policy.follow if deps is not None else None
        asked = project_id in self._asked
        self._asked.discard(project_id)
        if deps is None or follow is None or not (asked or self._due(project_id, follow)):
            return
        self._fetched[project_id] = time.monotonic()
        try:
            await follow_remote(deps, follow)
            self._said.pop(project_id, None)
        except TeleVibeError as error:
            await self._say(deps, error.line())

    def _due(self, project_id: str, follow: FollowPolicy) -> bool:
        last = self._fetched.get(project_id, float("-inf"))
        return follow.minutes > 0 and time.monotonic() - last >= follow.minutes * 60

    async def _say(self, deps: Deps, line: str) -> None:
        """Once, until it is another reason or went well in between."""
        if self._said.get(deps.project.id) == line:
            return
        self._said[deps.project.id] = line
        async with deps.store.writing() as tx:
            await tx.record(NewEvent(kind=EventKind.follow_failed, project_id=deps.project.id, text=line))


async def follow_remote(deps: Deps, follow: FollowPolicy) -> None:
    """Fetch, and forward the default branch if it is behind. ``NotReady`` when the two went apart or local changes are in the way."""
    branch = deps.project.default_branch
    there = await deps.git.fetch(follow.remote, branch)
    here = await deps.git.resolve(f"refs/heads/{branch}")
    if here is None:
        raise NotReady(
            f"{branch} cannot follow {follow.remote}: there is no branch {branch}", f"`git branch {branch} {there[:10]}` makes it"
        )
    if await deps.git.contains(here, there):
        return
    if not await deps.git.contains(there, here):
        ours, theirs = await deps.git.commits(there, here), await deps.git.commits(here, there)
        raise NotReady(
            f"{branch} and {follow.remote}/{branch} went apart: {counted(len(ours), 'commit')} here, {len(theirs)} there",
            f"bring them together by hand: `git pull --rebase {follow.remote} {branch}`, or merge",
        )
    await in_step(deps)  # as before a landing: what somebody wrote into the context file is read before it changes
    await deps.git.advance(branch, there, here)
    await in_step(deps)


def repository_of(url: str) -> str:
    """``owner/repository`` of a remote's URL, in small letters: the end of whatever kind of URL or path it is."""
    parts = PurePosixPath(url.rstrip("/").removesuffix(".git").replace(":", "/")).parts
    return "/".join(parts[-2:]).lower()
