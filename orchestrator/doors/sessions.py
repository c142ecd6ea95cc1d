"""``televibe sessions``, ``session show``, ``session diff`` and ``goals``: what there is, as it is stored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

from orchestrator.boundaries.git.repository import Repository
from orchestrator.boundaries.home import Home
from orchestrator.boundaries.store.glance import Glance, OpenConflict, at_a_glance, sessions_of
from orchestrator.doors.assignments import print_assignments
from orchestrator.doors.open_conflicts import open_conflicts, print_conflicts
from orchestrator.doors.opening import Opened, opened, session_of
from orchestrator.doors.output import Out, Tone, ago, one_line, usd, visible
from orchestrator.doors.waiting_merges import waiting_merges, waits_for
from orchestrator.nouns.errors import ConfigError
from orchestrator.nouns.interface import Export, ExportStatus
from orchestrator.nouns.job import Job, JobState
from orchestrator.nouns.session import Role, Session, SessionState
from orchestrator.nouns.work import Goal, GoalState, Task, TaskState
from orchestrator.verbs.hierarchy import children
from orchestrator.verbs.roles import role_table

DIFF_BYTES = 50_000_000


async def list_sessions(repo: Path, out: Out, *, everything: bool, as_json: bool) -> int:
    """The sessions of the project; closed ones only with ``everything``."""
    found = await known_of(repo)
    sessions = [s for s in sessions_of(found) if everything or s.live]
    if as_json:
        shown = {s.id for s in sessions}
        out.document([document for document in found.documents() if document["id"] in shown])
    elif sessions:
        family, collide = any(s.parent for s in sessions), any(found.conflicts_of(s.id) for s in sessions)
        more = [*(["of"] if family else []), "role", "state", *(["collides"] if collide else [])]
        headings = ("id", *more, "agent", "branch", "changed", "cost", "works on")
        out.table(headings, [_session_row(s, found.conflicts_of(s.id) if collide else None, family=family) for s in sessions])
    else:
        out.line('no sessions yet — `televibe goal "…"` or `televibe session new` makes one')
    return 0


async def known_of(repo: Path) -> Glance:
    """At a glance where that works: it saves the second that SQLAlchemy takes to import. Else the store answers, or says why not."""
    home = Home.find()
    if not os.environ.get("TELEVIBE_DATABASE_URL"):
        root = (await Repository.open(str(repo))).root
        found = at_a_glance(home.database_file, root)
        if found is not None:
            return found
    async with opened(repo) as door, door.store.reading() as view:
        sessions = await view.sessions(door.project.id)
        conflicts = [c.model_dump(mode="json") for c in await open_conflicts(view, door.project.id)]
    shown = [OpenConflict(**{name: c[name] for name in OpenConflict._fields}) for c in conflicts]
    return Glance([s.model_dump(mode="json") for s in sessions], shown, door.project.default_branch)


def _session_row(session: Session, conflicts: Sequence[str] | None, *, family: bool) -> list[str | tuple[str, Tone]]:
    """``family``: a column for whose child it is, where anybody is one. ``conflicts``: ids; None: nobody has any, and no column."""
    return [
        (session.id, Tone.name),
        *([session.parent or "-"] if family else []),
        session.role,
        (session.state.value, session_tone(session.state)),
        *([] if conflicts is None else [(", ".join(conflicts) or "-", Tone.warn if conflicts else Tone.quiet)]),
        session.agent,
        session.branch,
        ago(session.updated_at),
        usd(session.cost_usd),
        one_line(session.title, 60),
    ]


def session_tone(state: SessionState) -> Tone:
    """The colour of a session's state."""
    match state:
        case SessionState.working:
            return Tone.good
        case SessionState.waiting:
            return Tone.ask
        case SessionState.queued:
            return Tone.warn
        case SessionState.stopped:
            return Tone.bad
        case SessionState.closed:
            return Tone.quiet
        case SessionState.idle:
            return Tone.plain
        case never:
            assert_never(never)


async def show_session(repo: Path, session_id: str, out: Out, *, as_json: bool) -> int:
    """One session: where it is, what it did, what it offers, what it waits for."""
    async with opened(repo) as door, door.store.reading() as view:
        session = await session_of(view, door.project, session_id)
        jobs = await view.jobs(session_id=session.id)
        exports = await view.exports(door.project.id, session_id=session.id)
        below = children(await view.sessions(door.project.id), session.id)
        given = await view.assignments(door.project.id)
        conflicts = await open_conflicts(view, door.project.id, session.id)
    role = _role(door, session)
    mine = [a for a in given if session.id in {a.parent, a.child}]
    if as_json:
        rights = {"allowed_actions": role.allowed_actions, "writes": role.writes} if role else {}
        family = {"children": [s.id for s in below], "assignments": mine}
        out.document({**session.model_dump(mode="json"), **rights, **family, "jobs": jobs, "exports": exports, "conflicts": conflicts})
    else:
        _print_session(out, session, role, jobs, exports, [s for s in below if s.live])
        print_assignments(out, mine)
        print_conflicts(out, conflicts, door.project.default_branch)
    return 0


def _role(door: Opened, session: Session) -> Role | None:
    """The session's role as it is now; None when the settings cannot be read, or do not have it any more."""
    try:
        return role_table(door.policy().roles).get(session.role)
    except ConfigError:
        return None


def _print_session(
    out: Out, session: Session, role: Role | None, jobs: Sequence[Job], exports: Sequence[Export], below: Sequence[Session]
) -> None:
    out.line(f"{session.id}  {session.role}, {session.state.value}", session_tone(session.state))
    facts = {
        "works on": session.title,
        "goal": session.goal_id or "",
        "team": session.team or "",
        "parent": session.parent or "",
        "children": ", ".join(f"{s.id} ({s.role}, {s.state.value})" for s in below),
        "may": ", ".join(role.allowed_actions) if role else "(.televibe/config.yaml does not tell: televibe doctor)",
        "writes": (", ".join(role.writes) or "nothing") if role else "",
        "branch": session.branch + (" (adopted)" if session.adopted else ""),
        "worktree": session.worktree,
        "agent": session.agent,
        "cost": usd(session.cost_usd),
        "created": f"{session.created_at.astimezone():%Y-%m-%d %H:%M} ({ago(session.created_at)})",
        "summary": session.last_summary,
        "asks": jobs[-1].question if jobs and session.state is SessionState.waiting else "",
    }
    for name, value in facts.items():
        if value:
            out.line(f"  {name + ':':<10} {one_line(value)}")
    if jobs:
        out.line()
        out.table(("job", "state", "files", "cost", "instruction", "outcome"), [_job_row(job) for job in jobs])
    offered = [e for e in exports if e.status is not ExportStatus.gone]
    if offered:
        out.line()
        out.table(("exports", "file", "signature"), [((e.name, Tone.name), f"{e.file}:{e.line}", e.signature) for e in offered])


def _job_row(job: Job) -> list[str | tuple[str, Tone]]:
    outcome = job.error or job.question or job.summary
    return [
        (job.id, Tone.name),
        (job.state.value, job_tone(job.state)),
        str(len(job.files_changed)),
        usd(job.cost_usd),
        one_line(job.instruction, 60),
        one_line(outcome, 80),
    ]


def job_tone(state: JobState) -> Tone:
    """The colour of a job's state."""
    match state:
        case JobState.queued | JobState.starting:
            return Tone.warn
        case JobState.running | JobState.done:
            return Tone.good
        case JobState.failed:
            return Tone.bad
        case JobState.cancelled:
            return Tone.quiet
        case never:
            assert_never(never)


async def diff_session(repo: Path, session_id: str, out: Out, *, stat: bool, as_json: bool) -> int:
    """What the session changed since its branch started, work it did not commit yet included."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            session = await session_of(view, door.project, session_id)
        text = await _diff(door, session)
    counted = counts(text)
    if as_json:
        out.document({"session": session.id, "base": session.base_commit, "files": counted, "diff": text})
    elif stat:
        rows = [(f["path"], (f"+{f['added']}", Tone.good), (f"-{f['removed']}", Tone.bad)) for f in counted]
        out.table(("file", "added", "removed"), rows)
    elif out.terminal:
        for line in text.splitlines():
            out.line(line, _diff_tone(line))
    else:
        out.write(text)  # byte for byte: it may go on to git apply
    return 0


async def _diff(door: Opened, session: Session) -> str:
    if session.state is SessionState.closed or not Path(session.worktree).is_dir():
        return await door.git.diff(session.base_commit, f"refs/heads/{session.branch}", limit_bytes=DIFF_BYTES)
    return await door.git.worktree_diff(session.worktree, session.base_commit, limit_bytes=DIFF_BYTES)


def counts(diff: str) -> list[dict[str, Any]]:
    """Lines added and removed by file, from a unified diff: ``[{path, added, removed}]``. Binary files count as nothing."""
    files: list[dict[str, Any]] = []
    left_old = left_new = 0
    for line in diff.split("\n"):
        if left_old > 0 or left_new > 0:
            added, removed = line.startswith("+"), line.startswith("-")
            left_new -= not removed and not line.startswith("\\")
            left_old -= not added and not line.startswith("\\")
            files[-1]["added"] += added
            files[-1]["removed"] += removed
        elif line.startswith("diff --git "):
            files.append({"path": visible(line.split(" b/", 1)[-1].removesuffix('"')), "added": 0, "removed": 0})
        elif line.startswith("@@ "):
            left_old, left_new = (int(part.partition(",")[2] or 1) for part in line.split(" ")[1:3])
    return files


def _diff_tone(line: str) -> Tone:
    if line.startswith(("diff --git", "+++", "---", "index ")):
        return Tone.strong
    if line.startswith("@@"):
        return Tone.name
    return Tone.good if line.startswith("+") else Tone.bad if line.startswith("-") else Tone.plain


async def list_goals(repo: Path, out: Out, *, as_json: bool) -> int:
    """The goals of the project, with their tasks."""
    async with opened(repo) as door, door.store.reading() as view:
        goals = [(g, await view.tasks(g.id), await view.spent_usd(goal_id=g.id)) for g in await view.goals(door.project.id)]
        waits = {entry.goal_id: waits_for(entry) for entry in await waiting_merges(view, door.project.id)}
    if as_json:
        more = [(g, {"tasks": tasks, "cost_usd": round(cost, 6), "waits_for": waits.get(g.id)}) for g, tasks, cost in goals]
        out.document([{**g.model_dump(mode="json"), **facts} for g, facts in more])
    elif goals:
        rows = [_goal_row(goal, tasks, cost, waits.get(goal.id, goal.reply)) for goal, tasks, cost in goals]
        out.table(("id", "state", "tasks", "cost", "given", "goal", "last word"), rows)
    else:
        out.line('no goals yet — `televibe goal "…"` gives one')
    return 0


def _goal_row(goal: Goal, tasks: Sequence[Task], cost: float, word: str) -> list[str | tuple[str, Tone]]:
    wanted = [task for task in tasks if task.state is not TaskState.dropped]
    done = sum(task.state is TaskState.done for task in wanted)
    return [
        (goal.id, Tone.name),
        (goal.state.value, goal_tone(goal.state)),
        f"{done}/{len(wanted)}",
        usd(cost),
        ago(goal.created_at),
        one_line(goal.text, 60),
        one_line(word, 100),
    ]


def goal_tone(state: GoalState) -> Tone:
    """The colour of a goal's state."""
    match state:
        case GoalState.given | GoalState.working | GoalState.landing:
            return Tone.warn
        case GoalState.proposed:
            return Tone.ask
        case GoalState.landed | GoalState.finished:
            return Tone.good
        case GoalState.blocked:
            return Tone.bad
        case GoalState.denied | GoalState.stopped:
            return Tone.quiet
        case never:
            assert_never(never)
