"""``televibe log``: the event log, or the git commands that were run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.boundaries.git.journal import read_journal
from orchestrator.doors.events import print_line
from orchestrator.doors.follow import follow
from orchestrator.doors.opening import goal_of, opened, session_of
from orchestrator.doors.output import Out, Tone
from orchestrator.nouns.event import Event


async def show_log(
    repo: Path, out: Out, *, goal_id: str | None, session_id: str | None, limit: int, following: bool, as_json: bool
) -> int:
    """The newest ``limit`` events, oldest first; with ``following``, then every new one until Ctrl-C."""
    async with opened(repo) as door:
        async with door.store.reading() as view:
            goal = (await goal_of(view, door.project, goal_id)).id if goal_id else None
            session = (await session_of(view, door.project, session_id)).id if session_id else None
            newest = await view.events(project_id=door.project.id, goal_id=goal, session_id=session, limit=limit, newest_first=True)
            after = await view.last_event_id()
        past = list(reversed(newest))
        if as_json and not following:
            out.document(past)
            return 0
        for event in past:
            _print(out, event, as_json=as_json)
        if following:
            news = follow(door.store, after=after, project_id=door.project.id, goal_id=goal, session_id=session)
            async for event in news:
                _print(out, event, as_json=as_json)
        elif not past:
            out.line('nothing happened yet — `televibe goal "…"` starts something')
    return 0


def _print(out: Out, event: Event, *, as_json: bool) -> None:
    if as_json:
        out.json_line(event)
    else:
        print_line(out, event)


async def show_git_log(repo: Path, out: Out, *, limit: int, as_json: bool) -> int:
    """The newest ``limit`` git commands that were run in the project's worktrees, oldest first."""
    async with opened(repo) as door:
        home, project = door.home, door.project
    inside = (Path(project.root), home.worktrees / project.id)
    ran = [line for line in read_journal(home.git_log, limit * 20) if _within(line, inside)][-limit:] if limit else []
    if as_json:
        out.document(ran)
        return 0
    for line in ran:
        failed = line.get("status") != 0
        words = " ".join(str(word) for word in line.get("argv", []))
        where = "" if line.get("directory") == project.root else f"   (in {line.get('directory')})"
        status = f"exit {line.get('status')}" if failed else ""
        out.line(f"{str(line.get('at', ''))[11:23]} {line.get('milliseconds', 0):>6} ms  {status:<8}{words}{where}", _tone(failed))
    return 0


def _tone(failed: bool) -> Tone:
    return Tone.warn if failed else Tone.plain


def _within(line: dict[str, Any], roots: tuple[Path, ...]) -> bool:
    directory = Path(str(line.get("directory", "")))
    return any(directory == root or root in directory.parents for root in roots)
