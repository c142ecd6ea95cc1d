"""A parent has children do its work: it makes sessions and gives them work, within caps it cannot raise."""

from __future__ import annotations

import hashlib

from pydantic import Field

from graphs.assignments import spent_below
from graphs.spawning import Wanted, reserved, spawned
from graphs.state import Deps
from orchestrator.boundaries.store.protocol import Reading, Writing
from orchestrator.engine.coordination.asked import BySession, MaybeText, Name, SessionId, Text
from orchestrator.engine.coordination.tool import Caller, tool
from orchestrator.nouns.base import Noun
from orchestrator.nouns.errors import Refused, UsageError
from orchestrator.nouns.event import EventKind, NewEvent
from orchestrator.nouns.flow import Assignment, AssignmentState
from orchestrator.nouns.session import Action, Session, SessionState
from orchestrator.verbs.hierarchy import ancestors, descendants, may_have_child, over_budget

ORCHESTRATES = frozenset({Action.orchestrate})


class SpawnSession(BySession):
    role: Name = Field(description="Such as implementer, reviewer, tester, security.")
    title: Name = Field(description="What it is for, in a few words; the same role and title again is the same session.")
    instruction: MaybeText = Field(default="", description="Its first piece of work, as with assign; left out: none yet.")


class SpawnedSession(Noun):
    session: str
    role: str
    branch: str
    starts_at: str = Field(description="The commit its branch began at: your head if you have commits, else the default branch's.")
    assignment: str | None = Field(description="Of the instruction; wait_for takes it.")


async def spawn_session(deps: Deps, caller: Caller, asked: SpawnSession) -> SpawnedSession:
    """Make a child session: a coding agent of its own, on a branch and in a worktree of its own, with the role you name.

    It starts at your head if you have commits, else at the default branch, and does nothing before it is given something. How many
    children, how deep, and what they may use is capped by the project; what is refused says by which cap.
    """
    if asked.role not in deps.roles:
        raise UsageError(f"there is no role {asked.role[:60]!a}", f"roles: {', '.join(deps.roles)}")
    child = await _child(deps, caller, asked)
    first = await _assigned(deps, caller, child.id, asked.instruction) if asked.instruction else None
    return SpawnedSession(
        session=child.id,
        role=child.role,
        branch=child.branch,
        starts_at=child.base_commit,
        assignment=first.id if first else None,
    )


class Assign(BySession):
    to_session: SessionId = Field(description="A child of yours, or a child of one.")
    instruction: Text = Field(description="What it is to do, whole: it has read nothing of what you have.")


class Given(Noun):
    assignment: str
    session: str
    state: AssignmentState
    job: str | None = Field(description="What its agent works on for it, once that is queued.")
    result: str


async def assign(deps: Deps, caller: Caller, asked: Assign) -> Given:
    """Give a child session something to do. It begins at once, or after what it does now; you go on meanwhile.

    Its brief has what the other sessions made and decided. You are told how it ended; wait_for has the results.
    """
    return given(await _assigned(deps, caller, asked.to_session, asked.instruction))


async def _child(deps: Deps, caller: Caller, asked: SpawnSession) -> Session:
    """The child of this role and title: found, or made if the caps allow one more."""
    parent = caller.session
    async with deps.spawn_lock:
        marker = await _marker(deps, caller, asked)
        async with deps.store.reading() as store:
            _, known = await reserved(store, deps, marker)
            if known is not None:
                return known
            if parent is not None:
                await _check_caps(store, deps, parent.id)
        agent, goal = (parent.agent, caller.job.goal_id if caller.job else parent.goal_id) if parent else (deps.policy.agent, None)
        start = await _start(deps, parent)
        return await spawned(deps, marker, Wanted(asked.role, asked.title, agent, start, parent=caller.id, goal_id=goal))


async def _marker(deps: Deps, caller: Caller, asked: SpawnSession) -> str:
    """Names what is asked for; with a number behind it when the one before was closed, because that one comes never again."""
    wish = hashlib.sha256(f"{caller.id}\n{asked.role}\n{asked.title}".encode()).hexdigest()[:24]
    number = 0
    async with deps.store.reading() as store:
        while True:
            marker = f"child-{wish}-{number}"
            _, known = await reserved(store, deps, marker)
            if known is None or known.live:
                return marker
            number += 1


async def _check_caps(store: Reading, deps: Deps, parent: str) -> None:
    sessions = await store.sessions(deps.project.id)
    if line := may_have_child(deps.policy.hierarchy, sessions, parent):
        raise Refused(line, "give work to the children you have, or close one; only the project's settings raise it")
    await _check_budget(store, deps, parent, sessions)


async def _check_budget(store: Reading, deps: Deps, parent: str, sessions: list[Session]) -> None:
    for above in (parent, *ancestors(sessions, parent)):
        if line := over_budget(deps.policy.hierarchy, above, await spent_below(store, above, sessions)):
            raise Refused(line, "end with what you have, and say what is open; only the project's settings raise it")


async def _start(deps: Deps, parent: Session | None) -> str:
    """The parent's head if it has commits of its own, else the default branch's."""
    default = await deps.git.resolve(f"refs/heads/{deps.project.default_branch}")
    head = await deps.git.resolve(f"refs/heads/{parent.branch}") if parent else None
    if head is not None and (default is None or not await deps.git.contains(default, head)):
        return head
    if default is None:
        raise Refused(f"the default branch {deps.project.default_branch} does not exist", "set default_branch in .televibe/config.yaml")
    return default


async def _assigned(deps: Deps, caller: Caller, to: str, instruction: str) -> Assignment:
    """The assignment, stored with the event that has it carried out. The same one again, by the same job, is the first one."""
    async with deps.store.writing() as tx:
        child = await _own_child(tx, deps, caller, to)
        mine = [a for a in await tx.assignments(deps.project.id, child=to) if a.parent == caller.id and a.instruction == instruction]
        again = next((a for a in mine if a.state is AssignmentState.open or _by_this_job(caller, a)), None)
        if again is not None:
            return again
        if caller.session is not None:
            await _check_budget(tx, deps, caller.session.id, await tx.sessions(deps.project.id))
        now = deps.now()
        assignment = Assignment(
            id=await tx.next_id("A"),
            project_id=deps.project.id,
            parent=caller.id,
            child=child.id,
            instruction=instruction,
            created_at=now,
            updated_at=now,
        )
        await tx.put(assignment)
        text = f"{assignment.id}: {caller.name} → {child.id}: {instruction[:200]}"
        data = {"id": assignment.id, "instruction": instruction, "parent": caller.id, "hops": caller.job.hops if caller.job else 0}
        kind = EventKind.assignment_made
        await tx.record(NewEvent(kind=kind, project_id=deps.project.id, session_id=child.id, text=text, data=data))
    return assignment


def _by_this_job(caller: Caller, assignment: Assignment) -> bool:
    """A job that was cut off runs again from its beginning, and says everything once more."""
    begun = caller.job.started_at if caller.job else None
    return begun is not None and assignment.created_at >= begun


async def _own_child(tx: Writing, deps: Deps, caller: Caller, to: str) -> Session:
    sessions = await tx.sessions(deps.project.id)
    below = descendants(sessions, caller.id) if caller.id else sessions
    child = next((s for s in below if s.id == to and s.live), None)
    if child is None:
        live = ", ".join(s.id for s in below if s.live)
        raise Refused(f"{to} is no live session below {caller.name}", f"yours: {live or 'none; spawn_session makes one'}")
    if child.state is SessionState.stopped:
        raise Refused(f"{to} was stopped by the user and takes no work", "give it to another one, or ask_user")
    return child


def given(assignment: Assignment) -> Given:
    """The assignment as its parent sees it."""
    return Given(
        assignment=assignment.id,
        session=assignment.child,
        state=assignment.state,
        job=assignment.job_id,
        result=assignment.result,
    )


TOOLS = (
    tool(
        spawn_session,
        needs=ORCHESTRATES,
        example={
            "role": "implementer",
            "title": "the refund form",
            "instruction": "Add a refund form to src/shop/forms.py, with tests",
        },
    ),
    tool(assign, needs=ORCHESTRATES, example={"to_session": "S3", "instruction": "Add a refund form to src/shop/forms.py, with tests"}),
)
