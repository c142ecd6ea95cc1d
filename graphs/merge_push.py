"""What landed goes to a remote, if the project says so: the default branch as it is now, never by force."""

from __future__ import annotations

from graphs.merge_record import merge_event
from graphs.state import Deps
from orchestrator.nouns.errors import TeleVibeError
from orchestrator.nouns.event import EventKind
from orchestrator.nouns.merging import EntryState, MergeEntry


async def push(deps: Deps, entry: MergeEntry) -> None:
    """That it cannot be pushed is said, and stands in nobody's way: the next landing takes it along."""
    branch, remote = deps.project.default_branch, deps.policy.merge.push
    if not remote or entry.state is not EntryState.landed:
        return
    here = await deps.git.resolve(f"refs/heads/{branch}")
    if here is None or await deps.git.resolve(f"refs/remotes/{remote}/{branch}") == here:
        return
    try:
        await deps.git.push(remote, here, branch)
        ok, text = True, f"{branch} was pushed to {remote} at {here[:10]}"
    except TeleVibeError as error:
        ok, text = False, f"{branch} is not on its remote: {error.line()}"
    async with deps.store.writing() as tx:
        data = {"ok": ok, "commit": here, "error": "" if ok else text}
        await tx.record(merge_event(deps, entry, EventKind.merge_pushed, text, data))
