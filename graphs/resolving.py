"""What is known of both sides of a conflict that a session has to resolve: who was asked what, and what each changed."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.state import Deps
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Session
from orchestrator.verbs.keep_up import Landed
from orchestrator.verbs.resolution import Intent, hunk_lines, intent_lines

SAID = 3
"""Jobs of a session, and goals that landed, that speak for a side: the newest."""


async def both_sides(
    deps: Deps, session: Session, jobs: Sequence[Job], landed: Landed, head: str, files: Sequence[str], nonce: str
) -> list[str]:
    """Lines for a quotation: what ``session`` and those who landed were asked, and the hunks of the files that conflict."""
    mine = [Intent(session.id, job.instruction, job.summary) for job in jobs if job.commits][-SAID:]
    lines = intent_lines("your side", mine, nonce) + intent_lines("the other side", await _of_landed(deps, landed), nonce)
    return lines + await _evidence(deps, landed, head, files, nonce)


async def _of_landed(deps: Deps, landed: Landed) -> list[Intent]:
    """What the goals were that landed these commits."""
    names = dict.fromkeys(landed.by[commit.sha].partition(" ")[0] for commit in landed.commits if commit.sha in landed.by)
    async with deps.store.reading() as store:
        goals = [await store.goal(name) for name in list(names)[-SAID:]]
    return [Intent(goal.id, goal.text, goal.reply) for goal in goals]


async def _evidence(deps: Deps, landed: Landed, head: str, files: Sequence[str], nonce: str) -> list[str]:
    base = await deps.git.merge_base(head, landed.new)
    if base is None:
        return []
    try:
        texts = await deps.git.read_blobs([(commit, path) for commit in (base, head, landed.new) for path in files])
    except GitError:  # nothing to show is no reason not to ask
        return []
    of = {commit: {path: text for (at, path), text in texts.items() if at == commit} for commit in (base, head, landed.new)}
    return hunk_lines(files, of[base], of[head], of[landed.new], nonce)
