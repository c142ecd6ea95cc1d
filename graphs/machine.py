"""The state machine: every event takes one way through it.

goal in:   understand → plan → route → approve → settle → advance → spawn → enhance → dispatch
a workflow: advance → …, for its stages are written down · the user steps in: retry | skip → advance
job ended: absorb → advance → (spawn → enhance → dispatch | queue)
a stage:   … → dispatch → queue, when work lands before others go on
the merge queue: land · what landed: landed → advance | reply · what does not: evicted (→ enhance → dispatch)
the user:  an instruction → enhance → dispatch · stop → (end) · try again → revive → advance
a message: called → enhance → dispatch
main moved: notice → keep_up (what git cannot do: enhance → dispatch) · the user asks for it, or takes it back: keep_up
a request to a role: assign_request → (end) · work for a child session: assigned → enhance → dispatch
"""

from __future__ import annotations

from functools import cache
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from graphs.absorb_nodes import absorb
from graphs.assignment_nodes import assigned
from graphs.dispatch_nodes import dispatch
from graphs.keep_up_nodes import keep_up, notice
from graphs.land_nodes import evicted, land, landed, queue, reply
from graphs.plan_nodes import approve, make_plan, route, settle, understand
from graphs.request_nodes import assign_request
from graphs.stage_nodes import retry, skip
from graphs.state import Deps, State, kind_of
from graphs.user_nodes import called, revive, stop
from graphs.work_nodes import advance, enhance, spawn
from orchestrator.boundaries.crash import passing
from orchestrator.nouns.event import EventKind

Machine = CompiledStateGraph[State, Deps, State, State]


ENTRANCES = {
    EventKind.goal_given: "understand",
    EventKind.goal_answered: "settle",
    EventKind.goal_resumed: "revive",
    EventKind.goal_stop_requested: "stop",
    EventKind.workflow_started: "advance",
    EventKind.workflow_continued: "advance",
    EventKind.task_retry_requested: "retry",
    EventKind.task_skip_requested: "skip",
    EventKind.instruction_given: "enhance",
    EventKind.sync_conflict: "enhance",
    EventKind.resolution_asked: "enhance",
    EventKind.merge_queued: "land",
    EventKind.merge_approved: "land",
    EventKind.merge_landed: "landed",
    EventKind.merge_evicted: "evicted",
    EventKind.main_moved: "notice",
    EventKind.sync_requested: "keep_up",
    EventKind.session_called: "called",
    EventKind.request_unassigned: "assign_request",
    EventKind.assignment_made: "assigned",
    EventKind.job_done: "absorb",
    EventKind.job_failed: "absorb",
    EventKind.job_cancelled: "absorb",
}
"""Where each event enters."""


def entrance(state: State) -> str:
    """Where an event enters; ``KeyError`` for one that is not meant to."""
    return ENTRANCES[kind_of(state)]


def _step(state: State) -> str:
    return state["step"]


def _killable(name: str, node: Any) -> Any:
    """The node behind a crash point. Not for ``approve``, which must begin with its interrupt."""

    async def run(state: State, runtime: Runtime[Deps]) -> dict[str, Any]:
        passing(f"node {name}")
        return await node(state, runtime)  # type: ignore[no-any-return]

    return run


@cache
def build() -> StateGraph[State, Deps, State, State]:
    """The graph, not compiled; made once, and nobody adds to it."""
    graph: StateGraph[State, Deps, State, State] = StateGraph(State, context_schema=Deps)
    nodes: dict[str, Any] = {
        "understand": understand,
        "plan": make_plan,
        "route": route,
        "approve": approve,
        "settle": settle,
        "advance": advance,
        "spawn": spawn,
        "enhance": enhance,
        "dispatch": dispatch,
        "absorb": absorb,
        "queue": queue,
        "land": land,
        "landed": landed,
        "evicted": evicted,
        "reply": reply,
        "called": called,
        "notice": notice,
        "keep_up": keep_up,
        "assign_request": assign_request,
        "assigned": assigned,
        "stop": stop,
        "revive": revive,
        "retry": retry,
        "skip": skip,
    }
    for name, node in nodes.items():
        killable: Any = node if node is approve else _killable(name, node)
        graph.add_node(name, killable)
    graph.add_conditional_edges(START, entrance, {name: name for name in ENTRANCES.values()})
    graph.add_conditional_edges("understand", _step, {name: name for name in ("plan", "approve", "settle", "advance")})
    graph.add_edge("plan", "route")
    graph.add_conditional_edges("route", _step, {"approve": "approve", "settle": "settle"})
    graph.add_edge("approve", "settle")
    graph.add_conditional_edges("settle", _step, {"approve": "approve", "advance": "advance", "end": END})
    graph.add_conditional_edges("absorb", _step, {"advance": "advance", "end": END})
    graph.add_edge("retry", "advance")
    graph.add_edge("skip", "advance")
    graph.add_conditional_edges("revive", _step, {"advance": "advance", "end": END})
    graph.add_conditional_edges("advance", _step, {"spawn": "spawn", "queue": "queue", "reply": "reply", "stop": "stop", "end": END})
    graph.add_conditional_edges("called", _step, {"enhance": "enhance", "end": END})
    graph.add_conditional_edges("assigned", _step, {"enhance": "enhance", "end": END})
    graph.add_edge("assign_request", END)
    graph.add_edge("spawn", "enhance")
    graph.add_edge("enhance", "dispatch")
    graph.add_conditional_edges("dispatch", _step, {"queue": "queue", "end": END})
    graph.add_conditional_edges("queue", _step, {"advance": "advance", "reply": "reply", "end": END})
    graph.add_conditional_edges("landed", _step, {"advance": "advance", "reply": "reply", "end": END})
    graph.add_conditional_edges("evicted", _step, {"enhance": "enhance", "end": END})
    graph.add_edge("land", END)
    graph.add_edge("notice", "keep_up")
    graph.add_edge("keep_up", END)
    graph.add_edge("reply", END)
    graph.add_edge("stop", END)
    return graph


def compiled(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Machine:
    """The machine, ready to be invoked with ``context=Deps``."""
    return build().compile(checkpointer=checkpointer)


def studio() -> Machine:
    """What ``langgraph.json`` names: the machine as LangGraph Studio opens it, with Studio's own checkpointer."""
    return compiled()
