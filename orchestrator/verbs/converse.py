"""Converse: what a line in the chat is, and honest short answers about sessions, goals and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.nouns.job import Job
from orchestrator.nouns.session import Session, SessionState
from orchestrator.nouns.work import Goal, Task


@dataclass(frozen=True)
class Command:
    """``/help``, ``sessions``, ``stop S7`` …; ``argument`` may be empty."""

    name: str
    argument: str = ""


@dataclass(frozen=True)
class AskAbout:
    """A question about a session, a goal or a choice. ``what``: "status", "why" or "cost"."""

    what: str
    id: str


@dataclass(frozen=True)
class Tell:
    """An instruction to one session."""

    session_id: str
    text: str


@dataclass(frozen=True)
class Reply:
    """The answer to a message in the user's inbox."""

    message_id: str
    text: str


@dataclass(frozen=True)
class Answer:
    """The user's answer to a request that was made of them. ``how``: "complete", "decline" or "accept"; ``text`` may be empty."""

    request_id: str
    text: str
    how: str = "complete"


@dataclass(frozen=True)
class Decide:
    """Something the user settles, and why."""

    decision: str
    why: str = ""


@dataclass(frozen=True)
class Flow:
    """``/workflow``: with nothing, what there is; with a run's id, how far it is; with a template or file and a goal, run it."""

    named: str = ""
    goal: str = ""


@dataclass(frozen=True)
class NewGoal:
    """Anything else: something to be done."""

    text: str


COMMANDS = ("help", "sessions", "goals", "inbox", "conflicts", "merge", "log", "stop", "pause", "resume", "plan", "workflow", "quit")
_FLOW = re.compile(r"^\s*(?:/workflow(?:\s+(\S+)(?:\s+(.+))?)?|workflow(?:\s+(G\d+))?)\s*$", re.I | re.S)
_TELL = re.compile(r"^\s*(?:@?(S\d+)\s*[:,]\s+|(?:tell|ask)\s+(S\d+)\s+(?:to|that)\s+)(.+)$", re.I | re.S)
_REPLY = re.compile(r"^\s*@?(M\d+)\s*[:,]\s+(.+)$", re.I | re.S)
_ANSWER = re.compile(r"^\s*(?:(accept|decline|complete|answer)\s+@?(R\d+)\b\s*[:,]?|@?(R\d+)\s*[:,]\s)\s*(.*)$", re.I | re.S)
_DECIDE = re.compile(r"^\s*/?decide\s*:?\s+(.+?)(?:\s+because\s+(.+))?$", re.I | re.S)
_WHY = re.compile(r"^\s*why\s+(?:did you (?:choose|pick|use)\s+)?([SGT]\d+)\b", re.I)
_COST = re.compile(r"^\s*(?:what (?:did|does|has)|how much)\b.*\b(?:cost|spent?)\b", re.I)
ID = re.compile(r"\b[SG]\d+\b", re.I)
_STATUS = re.compile(r"^\s*(?:what(?:'s| is| are)|how(?:'s| is| far is)|where is|status(?: of)?)\b.*?\b([SG]\d+)\b.*$", re.I)
_CONFLICTS = re.compile(
    r"^\s*(?:(?:are there|what|which|any)\s+(?:any\s+|open\s+)*)?(?:conflicts|collisions)(?:\s+are there)?\s*\?\s*$", re.I
)
_MERGE = re.compile(r"^\s*/?merge(?:\s+status)?\s*\??\s*$", re.I)
_ENTRY = re.compile(r"^\s*/?(?:merge\s+)?(approve|withdraw)\s+(E\d+)\s*$", re.I)
_STEERS = re.compile(r"^\s*(?:resume\b|pause\s+G\d+\s*$)", re.I)
_STOP = re.compile(r"^\s*/?stop(?:\s+([SG]\d+))?\s*$", re.I)


Line = Command | AskAbout | Tell | Reply | Answer | Decide | Flow | NewGoal


def understand_line(text: str, session_ids: Collection[str]) -> Line:
    """What the user's line is. An id that does not exist is left to the one who answers."""
    del session_ids
    line = text.strip()
    if stop := _STOP.match(line):
        return Command("stop", (stop[1] or "").upper())
    if flow := _FLOW.match(line):
        named = flow[1] or flow[3] or ""
        return Flow(named.upper() if ID.fullmatch(named) else named, (flow[2] or "").strip())
    if branches := _of_branches(line):
        return branches
    word = line.removeprefix("/").split(maxsplit=1)
    if word and word[0].lower() in COMMANDS and (line.startswith("/") or len(word) == 1 or _STEERS.match(line)):
        return Command(word[0].lower(), word[1].strip().upper() if len(word) > 1 else "")
    if decided := _DECIDE.match(line):
        return Decide(decided[1].strip(), (decided[2] or "").strip())
    if line.startswith("/"):
        return Command("unknown", line)
    if why := _WHY.match(line):
        return AskAbout("why", why[1].upper())
    if _COST.match(line):
        named = ID.search(line)
        return AskAbout("cost", named[0].upper() if named else "")
    if status := _STATUS.match(line):
        return AskAbout("status", status[1].upper())
    if reply := _REPLY.match(line):
        return Reply(reply[1].upper(), reply[2].strip())
    if answer := _ANSWER.match(line):
        how = (answer[1] or "complete").lower()
        return Answer((answer[2] or answer[3]).upper(), answer[4].strip(), "complete" if how == "answer" else how)
    if tell := _TELL.match(line):
        return Tell((tell[1] or tell[2]).upper(), tell[3].strip())
    return NewGoal(line)


def _of_branches(line: str) -> Command | None:
    """About what collides, or waits to land."""
    if _CONFLICTS.match(line):
        return Command("conflicts")
    if _MERGE.match(line):
        return Command("merge", "STATUS")
    entry = _ENTRY.match(line)
    return Command(entry[1].lower(), entry[2].upper()) if entry else None


def say_session(session: Session, jobs: Sequence[Job], now: datetime) -> str:
    """What a session is doing, from what is known."""
    job = jobs[-1] if jobs else None
    head = f"{session.id} ({session.role}, {session.branch}) is {session.state.value}"
    if job is None:
        return f"{head}; it has had no work yet."
    about = " ".join(job.instruction.split())[:140]
    if session.state is SessionState.working and job.first_event_at is not None:
        minutes = int((now - job.first_event_at).total_seconds() // 60)
        return f"{head} on {job.id} for {minutes} min: {about}"
    said = job.question or job.summary.split("\n")[0] or job.error
    return f"{head}; last {job.id} ({job.state.value}): {about}" + (f"\n{said}" if said else "")


def say_goal(goal: Goal, tasks: Sequence[Task]) -> str:
    """How far a goal is, task by task."""
    rows = [f"  {t.id} {t.state.value:<10} {t.session_id or '-':<5} {t.title}" for t in tasks]
    return "\n".join([f"{goal.id} is {goal.state.value}: {goal.text.splitlines()[0][:100]}", *rows])


def say_why(session_id: str, tasks: Sequence[Task]) -> str:
    """Why a session has the tasks it has."""
    mine = [t for t in tasks if t.session_id == session_id]
    if not mine:
        return f"{session_id} was given no task by a plan; you made it or wrote to it yourself."
    return "\n".join(f"{t.goal_id}/{t.id} {t.title}: {t.route_reason or 'no reason was recorded'}" for t in mine)
