"""What the radar asks of the user's repository itself: its branches, its worktrees, what a name means there."""

from __future__ import annotations

from orchestrator.boundaries.git import radar_parse
from orchestrator.boundaries.git.radar_place import Origin, Quarantine
from orchestrator.boundaries.git.run import Recorder
from orchestrator.nouns.compared import Desk

_SYMBOLIC = ("symbolic-ref", "-q", "--short")


class Refs:
    """The part of a radar that reads names. Nothing is kept: they may move at any time."""

    def __init__(self, place: Quarantine, record: Recorder) -> None:
        self._place = place
        self._record = record

    @property
    def origin(self) -> Origin:
        return self._place.origin

    async def heads(self) -> dict[str, str]:
        asked = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"]
        out = await self._place.of_origin(*asked, record=self._record)
        lines = (line.split(" ", 1) for line in out.decode(errors="surrogateescape").splitlines())
        return {name.removeprefix("refs/heads/"): commit for commit, name in lines}

    async def worktrees(self) -> list[Desk]:
        return radar_parse.desks(await self._place.of_origin("worktree", "list", "--porcelain", "-z", record=self._record))

    async def resolve(self, revision: str) -> str | None:
        asked = ["rev-parse", "-q", "--verify", "--end-of-options", f"{revision}^{{commit}}"]
        found = await self._place.of_origin(*asked, record=self._record, allowed=(0, 1, 128))
        return found.decode().strip() or None

    async def default_branch(self) -> str | None:
        heads = await self.heads()
        remote = await self._place.of_origin(*_SYMBOLIC, "refs/remotes/origin/HEAD", record=self._record, allowed=(0, 1, 128))
        here = await self._place.of_origin(*_SYMBOLIC, "HEAD", record=self._record, allowed=(0, 1, 128))
        names = (remote.decode(errors="surrogateescape").strip().removeprefix("origin/"), "main", "master")
        return next((name for name in (*names, here.decode(errors="surrogateescape").strip()) if name in heads), None)

    async def contained(self, commit: str) -> set[str]:
        asked = ["for-each-ref", f"--merged={commit}", "--format=%(refname)", "refs/heads/"]
        out = await self._place.of_origin(*asked, record=self._record)
        return {name.removeprefix("refs/heads/") for name in out.decode(errors="surrogateescape").splitlines()}
