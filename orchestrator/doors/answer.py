"""``televibe answer`` and ``stop``: a word to a goal from anywhere."""

from __future__ import annotations

from pathlib import Path

from orchestrator.boundaries.home import Home
from orchestrator.doors.opening import goal_of
from orchestrator.doors.output import Out
from orchestrator.engine.background import start_in_background
from orchestrator.engine.intents import answer_plan, stop_goal
from orchestrator.engine.workplace import workplace


async def answer_goal(repo: Path, goal_id: str, text: str, out: Out, *, as_json: bool) -> int:
    """Store the answer; the engine that runs, or a new one in the background, carries it out."""
    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            goal = await goal_of(view, place.deps.project, goal_id)
        await answer_plan(place.deps, goal.id, text)
    return _told(out, goal.id, as_json=as_json)


async def stop_named_goal(repo: Path, goal_id: str, out: Out, *, as_json: bool) -> int:
    """Store the wish; see ``answer_goal``."""
    async with workplace(Home.find(), repo, engine=False) as place:
        async with place.store.reading() as view:
            goal = await goal_of(view, place.deps.project, goal_id)
        await stop_goal(place.deps, goal.id)
    return _told(out, goal.id, as_json=as_json)


def _told(out: Out, goal_id: str, *, as_json: bool) -> int:
    pid = start_in_background(Home.find())
    if as_json:
        out.document({"goal": goal_id, "engine_pid": pid})
    else:
        out.line(f"told; televibe log --follow --goal {goal_id} shows how it goes")
    return 0
