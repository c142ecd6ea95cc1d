"""Event: one line of the append-only log that feeds the machine, the chat, the audit and the replay."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .base import Moment, Noun


class EventKind(StrEnum):
    """What happened. Kinds in ``TRIGGERS`` enter the state machine; the others are for readers."""

    project_registered = "project.registered"

    goal_given = "goal.given"
    goal_planned = "goal.planned"  # a plan (or a revision of it) waits for approval
    goal_answered = "goal.answered"  # the user approved, edited or denied the plan
    goal_approved = "goal.approved"
    goal_denied = "goal.denied"
    goal_checked = "goal.checked"  # a check command ended, with its result
    goal_landed = "goal.landed"
    goal_finished = "goal.finished"
    goal_blocked = "goal.blocked"
    goal_stop_requested = "goal.stop_requested"
    goal_stopped = "goal.stopped"
    goal_resumed = "goal.resumed"  # the user asked to try again
    workflow_started = "workflow.started"  # a goal whose stages were written down; nothing is to be planned
    workflow_paused = "workflow.paused"
    workflow_continued = "workflow.continued"

    task_routed = "task.routed"
    task_done = "task.done"
    task_failed = "task.failed"
    task_asking = "task.asking"
    task_skipped = "task.skipped"
    task_sent_back = "task.sent_back"  # changes were wanted, or a handoff was refused: it is done once more
    task_landed = "task.landed"  # of a stage that lands by itself
    task_retry_requested = "task.retry_requested"
    task_skip_requested = "task.skip_requested"

    session_created = "session.created"
    session_adopted = "session.adopted"
    session_stopped = "session.stopped"
    session_resumed = "session.resumed"
    session_closed = "session.closed"

    instruction_given = "instruction.given"  # the user wrote to a session directly
    brief_written = "brief.written"
    handoff_made = "handoff.made"

    job_queued = "job.queued"
    job_starting = "job.starting"
    job_running = "job.running"
    job_progress = "job.progress"  # something the agent said or did
    job_stop_requested = "job.stop_requested"
    job_done = "job.done"
    job_failed = "job.failed"
    job_cancelled = "job.cancelled"

    export_found = "export.found"
    export_declared = "export.declared"
    export_changed = "export.changed"  # one that others use; they were told
    dependency_declared = "dependency.declared"
    dependency_met = "dependency.met"
    decision_recorded = "decision.recorded"
    todo_added = "todo.added"
    todo_done = "todo.done"

    message_sent = "message.sent"
    message_delivered = "message.delivered"
    message_acknowledged = "message.acknowledged"
    message_expired = "message.expired"
    session_called = "session.called"  # an idle session is to look at what others want of it
    request_made = "request.made"
    request_unassigned = "request.unassigned"  # made of a role: a session is to be found for it
    request_assigned = "request.assigned"
    request_accepted = "request.accepted"
    request_declined = "request.declined"
    request_completed = "request.completed"
    request_expired = "request.expired"

    waiting_broken = "waiting.broken"  # sessions waited for each other in a circle; they were told
    assignment_made = "assignment.made"  # by a parent session, of a child
    assignment_ended = "assignment.ended"
    main_moved = "main.moved"  # the default branch is somewhere else than it was
    sync_begun = "sync.begun"
    session_synced = "session.synced"  # its branch has what landed
    sync_left = "sync.left"  # its branch stays as it is for now, and why
    sync_conflict = "sync.conflict"  # git could not; the session was told to
    sync_undone = "sync.undone"
    sync_requested = "sync.requested"  # by the user: bring branches up, or take the last time back
    follow_failed = "follow.failed"  # the remote could not be fetched, or the default branch cannot follow it

    token_issued = "token.issued"
    token_revoked = "token.revoked"
    call_refused = "call.refused"  # a tool call with a false identity, or with words that are not taken
    work_set_aside = "work.set_aside"  # what a role may not change was taken out of a branch and kept under a ref
    team_created = "team.created"
    team_moved = "team.moved"  # the team's branch has a member's work now
    team_stuck = "team.stuck"  # it could not take it; the member was told
    team_closed = "team.closed"
    context_read = "context.read"  # .televibe/context.yaml was changed by somebody else, and taken in
    context_refused = "context.refused"

    conflict_seen = "conflict.seen"  # two live branches collide; their sessions were told
    conflict_closed = "conflict.closed"  # they do not any more
    resolution_asked = "resolution.asked"  # a session is to bring two sides together; it is its next instruction
    resolution_checked = "resolution.checked"  # what survived of both sides, and whether that will do
    ownership_set = "ownership.set"
    strategy_set = "strategy.set"
    edit_refused = "edit.refused"  # by lease or ownership, before it was made
    edit_found = "edit.found"  # made in spite of a lease or an owner, found in git after the job
    lease_asked = "lease.asked"  # it waits for its turn
    lease_granted = "lease.granted"
    lease_renewed = "lease.renewed"
    lease_ended = "lease.ended"

    merge_queued = "merge.queued"
    merge_checking = "merge.checking"  # entries were merged on top of what is ahead of them, and the checks run on that
    merge_checked = "merge.checked"  # a check command ended, or all of them have
    merge_waiting = "merge.waiting"  # for the user's word
    merge_approved = "merge.approved"
    merge_landed = "merge.landed"
    merge_evicted = "merge.evicted"
    merge_pushed = "merge.pushed"  # what landed, to a remote; or that could not be done, and why
    merge_withdrawn = "merge.withdrawn"
    swept = "swept"  # refs or directories that nobody needs any more were removed, on the user's word

    model_called = "model.called"
    model_fallback = "model.fallback"


TRIGGERS = frozenset(
    {
        EventKind.goal_given,
        EventKind.goal_answered,
        EventKind.goal_stop_requested,
        EventKind.goal_resumed,
        EventKind.workflow_started,
        EventKind.workflow_continued,
        EventKind.task_retry_requested,
        EventKind.task_skip_requested,
        EventKind.request_unassigned,
        EventKind.assignment_made,
        EventKind.main_moved,
        EventKind.sync_requested,
        EventKind.sync_conflict,
        EventKind.resolution_asked,
        EventKind.merge_queued,
        EventKind.merge_approved,
        EventKind.merge_landed,
        EventKind.merge_evicted,
        EventKind.instruction_given,
        EventKind.session_called,
        EventKind.job_queued,
        EventKind.job_stop_requested,
        EventKind.job_done,
        EventKind.job_failed,
        EventKind.job_cancelled,
    }
)
"""Kinds the engine reacts to, exactly once each, in the order of their ids."""

ENGINE_CURSOR = "engine"
"""Under this name the store keeps the id of the last event that the engine handed on."""


class NewEvent(Noun):
    """An event before the store gave it its id and time."""

    kind: EventKind
    project_id: str
    text: str  # one line for a human reader
    goal_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    job_id: str | None = None
    data: dict[str, Any] = {}  # JSON; never secrets


class Event(NewEvent):
    """One line of the log. Ids are consecutive, in commit order."""

    id: int
    at: Moment
