"""What a session is given that has to bring two sides together, who that session is, and that it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.state import Deps
from graphs.territory import territory_of
from orchestrator.boundaries.store.protocol import Reading
from orchestrator.nouns.errors import GitError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Session, SessionState
from orchestrator.verbs.keep_up import Landed
from orchestrator.verbs.resolution import Asked, Intent, hunk_lines, intent_lines
from orchestrator.verbs.resolver import named_for, resolver
from orchestrator.verbs.rights import may_change

SAID = 3
"""Jobs of a session, and goals that landed, that speak for a side: the newest."""

TAKES_NO_WORK = frozenset({SessionState.closed, SessionState.stopped, SessionState.waiting})


async def both_sides(
    deps: Deps, session: Session, jobs: Sequence[Job], landed: Landed, head: str, files: Sequence[str], nonce: str
) -> list[str]:
    """Lines for a quotation: what ``session`` and those who landed were asked, and the hunks of the files that conflict."""
    return await two_sides(
        deps, said_by(session, jobs), await said_in(deps, landed), head=head, other=landed.new, files=files, nonce=nonce
    )


async def two_sides(
    deps: Deps, mine: Sequence[Intent], theirs: Sequence[Intent], *, head: str, other: str, files: Sequence[str], nonce: str
) -> list[str]:
    """Lines for a quotation: what either side was asked, and what each changed in the files that conflict."""
    lines = intent_lines("your side", mine, nonce) + intent_lines("the other side", theirs, nonce)
    return lines + await _evidence(deps, head, other, files, nonce)


def said_by(session: Session, jobs: Sequence[Job]) -> list[Intent]:
    """What the session's side is for."""
    return [Intent(session.id, job.instruction, job.summary) for job in jobs if job.commits][-SAID:]


async def said_in(deps: Deps, landed: Landed) -> list[Intent]:
    """What the goals were that landed these commits, and what the sessions were asked whose jobs ended at one of them."""
    names = dict.fromkeys(landed.by[commit.sha].partition(" ")[0] for commit in landed.commits if commit.sha in landed.by)
    made = {commit.sha for commit in landed.commits}
    async with deps.store.reading() as store:
        goals = [await store.goal(name) for name in list(names)[-SAID:]]
        jobs = [job for job in await store.jobs(deps.project.id) if job.head_commit in made and job.commits]
    told = [Intent(job.session_id, job.instruction, job.summary) for job in jobs if job.goal_id not in names]
    return [*(Intent(goal.id, goal.text, goal.reply) for goal in goals), *told[-SAID:]]


async def who_resolves(store: Reading, deps: Deps, files: Sequence[str], later: Session) -> Session | None:
    """The session that the strategy names, as far as it can take work now."""
    able = [s for s in await store.sessions(deps.project.id, live_only=True) if can_resolve(deps, s)]
    return resolver(named_for(files, later, await territory_of(store, deps)), later, able)


def can_resolve(deps: Deps, session: Session) -> bool:
    role = deps.roles.get(session.role)
    return session.state not in TAKES_NO_WORK and role is not None and may_change(role)


def asked_event(deps: Deps, session_id: str, asked: Asked, text: str, instruction: str = "") -> NewEvent:
    """That a session is to bring these together. ``instruction``: its next one; none when another event, or its brief, says it."""
    data = {**asked.as_data, **({"instruction": instruction} if instruction else {"nothing_follows": True})}
    return NewEvent(kind=EventKind.resolution_asked, project_id=deps.project.id, session_id=session_id, text=text, data=data)


async def _evidence(deps: Deps, head: str, other: str, files: Sequence[str], nonce: str) -> list[str]:
    base = await deps.git.merge_base(head, other)
    if base is None:
        return []
    try:
        texts = await deps.git.read_blobs([(commit, path) for commit in (base, head, other) for path in files])
    except GitError:  # nothing to show is no reason not to ask
        return []
    of = {commit: {path: text for (at, path), text in texts.items() if at == commit} for commit in (base, head, other)}
    return hunk_lines(files, of[base], of[head], of[other], nonce)
