"""The state machine: every event takes one way through it.

goal in:   understand → plan → route → approve → settle → advance → spawn → enhance → dispatch
job done:  absorb → advance → (spawn → enhance → dispatch | check → integrate → reply)
the user:  an instruction → enhance → dispatch · stop → (end) · try again → revive → advance
a message: called → enhance → dispatch
a request to a role: assign_request → (end) · work for a child session: assigned → enhance → dispatch
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs.absorb_nodes import absorb
from graphs.assignment_nodes import assigned
from graphs.dispatch_nodes import dispatch
from graphs.land_nodes import check, integrate, reply
from graphs.plan_nodes import approve, make_plan, route, settle, understand
from graphs.request_nodes import assign_request
from graphs.state import Deps, State, kind_of
from graphs.user_nodes import called, revive, stop
from graphs.work_nodes import advance, enhance, spawn
from orchestrator.nouns.event import EventKind

Machine = CompiledStateGraph[State, Deps, State, State]


def entrance(state: State) -> str:
    """Where an event enters."""
    match kind_of(state):
        case EventKind.goal_given:
            return "understand"
        case EventKind.goal_answered:
            return "settle"
        case EventKind.goal_resumed:
            return "revive"
        case EventKind.goal_stop_requested:
            return "stop"
        case EventKind.instruction_given:
            return "enhance"
        case EventKind.session_called:
            return "called"
        case EventKind.request_unassigned:
            return "assign_request"
        case EventKind.assignment_made:
            return "assigned"
        case EventKind.job_done | EventKind.job_failed | EventKind.job_cancelled:
            return "absorb"
        case other:
            raise AssertionError(f"{other} does not enter the machine")


def _step(state: State) -> str:
    return state["step"]


def build() -> StateGraph[State, Deps, State, State]:
    """The graph, not compiled."""
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
        "check": check,
        "integrate": integrate,
        "reply": reply,
        "called": called,
        "assign_request": assign_request,
        "assigned": assigned,
        "stop": stop,
        "revive": revive,
    }
    for name, node in nodes.items():
        graph.add_node(name, node)
    entrances = ["understand", "settle", "revive", "stop", "called", "assign_request", "assigned", "enhance", "absorb"]
    graph.add_conditional_edges(START, entrance, {name: name for name in entrances})
    graph.add_conditional_edges("understand", _step, {name: name for name in ("plan", "approve", "settle", "advance")})
    graph.add_edge("plan", "route")
    graph.add_conditional_edges("route", _step, {"approve": "approve", "settle": "settle"})
    graph.add_edge("approve", "settle")
    graph.add_conditional_edges("settle", _step, {"approve": "approve", "advance": "advance", "end": END})
    graph.add_conditional_edges("absorb", _step, {"advance": "advance", "end": END})
    graph.add_conditional_edges("revive", _step, {"advance": "advance", "check": "check", "end": END})
    graph.add_conditional_edges("advance", _step, {"spawn": "spawn", "check": "check", "reply": "reply", "end": END})
    graph.add_conditional_edges("called", _step, {"enhance": "enhance", "end": END})
    graph.add_conditional_edges("assigned", _step, {"enhance": "enhance", "end": END})
    graph.add_edge("assign_request", END)
    graph.add_edge("spawn", "enhance")
    graph.add_edge("enhance", "dispatch")
    graph.add_edge("dispatch", END)
    graph.add_conditional_edges("check", _step, {"integrate": "integrate", "reply": "reply", "end": END})
    graph.add_conditional_edges("integrate", _step, {"check": "check", "reply": "reply", "end": END})
    graph.add_edge("reply", END)
    graph.add_edge("stop", END)
    return graph


def compiled(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Machine:
    """The machine, ready to be invoked with ``context=Deps``."""
    return build().compile(checkpointer=checkpointer)


def studio() -> Machine:
    """What ``langgraph.json`` names: the machine as LangGraph Studio opens it, with Studio's own checkpointer."""
    return compiled()
