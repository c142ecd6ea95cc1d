"""Notices that a default branch moved, whoever moved it: our landing, a commit or pull by hand, plumbing.

At rest it asks the file system alone, a few ``stat`` for each project; git is asked when a file is another one, and now and then in any
case. What was seen last is the newest event of its kind in the log, so that a move while no engine ran is noticed by the next one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from orchestrator.boundaries.git.protocol import Git
from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.git.run import Recorder
from orchestrator.boundaries.store.protocol import Store
from orchestrator.engine.stamps import Stamp, stamp
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.session import Project
from orchestrator.verbs.grammar import counted
from orchestrator.verbs.quote import inline

log = logging.getLogger("televibe.keep_up")

LOOK_SECONDS = 0.2
"""Between two looks at the files. Half a second is what a move may stay unseen."""

PROJECTS_SECONDS = 2.0
"""Between two questions which projects there are."""

GIT_SECONDS = 30.0
"""After so long git is asked although no file is another one: a file system may be too coarse, or a branch an alias of another."""


@dataclass
class Watched:
    """One project, as far as this process looked."""

    project: Project
    git: Git
    files: list[str]
    stamp: Stamp | None = None
    asked: float = 0.0


class Moves:
    """``watch`` is the engine's task for it; ``look`` looks once, and returns when what moved before is in the log."""

    def __init__(self, store: Store, record: Recorder) -> None:
        self._store = store
        self._record = record
        self._watched: dict[str, Watched] = {}
        self._listed = float("-inf")
        self._looking = asyncio.Lock()

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        async with self._looking:
            if time.monotonic() - self._listed > PROJECTS_SECONDS:
                await self._list()
            for watched in self._watched.values():
                seen, now = stamp(watched.files), time.monotonic()  # before git is asked, so that nothing falls in between
                if seen != watched.stamp or now - watched.asked > GIT_SECONDS:
                    try:
                        await self._ask(watched)
                    except TeleVibeError as error:  # the directory is gone, say; the next time git is asked it may be back
                        log.warning("action=moves_not_seen project=%s error=%s", watched.project.id, error.line())
                    watched.stamp, watched.asked = seen, now

    async def _list(self) -> None:
        """A project whose repository is away is looked for again the next time."""
        async with self._store.reading() as store:
            projects = await store.projects()
        known, self._watched = self._watched, {}
        for project in projects:
            if (before := known.get(project.id)) is not None and before.project == project:
                self._watched[project.id] = before
            elif Path(project.root).is_dir():
                try:
                    git = await Repository.open(project.root, self._record)
                    self._watched[project.id] = Watched(project, git, await git.ref_files(project.default_branch))
                except TeleVibeError as error:
                    log.warning("action=moves_not_watched project=%s error=%s", project.id, error.line())
        self._listed = time.monotonic()

    async def _ask(self, watched: Watched) -> None:
        project = watched.project
        new = await watched.git.resolve(f"refs/heads/{project.default_branch}") or ""
        async with self._store.reading() as store:
            last = await store.events(project_id=project.id, kinds=[EventKind.main_moved], newest_first=True, limit=1)
        seen = str(last[0].data["new"]) if last else ""
        if new != seen:
            old = seen or (str(last[0].data["old"]) if last else "")
            await self._moved(watched, old, new)

    async def _moved(self, watched: Watched, old: str, new: str) -> None:
        """Store the move. The first one of a project says where its branch is; what was cut off from it is kept."""
        git, branch = watched.git, watched.project.default_branch
        rewound = bool(old and new) and not await git.contains(new, old)
        if rewound:
            await git.keep(f"rewound/{old[:20]}", old)
        text = await _told(git, branch, old, new, rewound=rewound)
        data = {"branch": branch, "old": old, "new": new, "rewound": rewound}
        async with self._store.writing() as tx:
            await tx.record(NewEvent(kind=EventKind.main_moved, project_id=watched.project.id, text=text, data=data))


async def _told(git: Git, branch: str, old: str, new: str, *, rewound: bool) -> str:
    if not new:
        return f"{branch} is gone; it was at {old[:10]} — `git branch {branch} {old[:10]}` brings it back"
    if not old:
        return f"{branch} is at {new[:10]}"
    if rewound:
        return f"{branch} was rewritten: it is at {new[:10]}, without commits of {old[:10]}; no session is brought up to that by itself"
    commits = await git.commits(old, new)
    last = f": {inline(commits[-1].subject, 80)}" if commits else ""
    return f"{branch} moved to {new[:10]} ({counted(len(commits), 'commit')}){last}"
