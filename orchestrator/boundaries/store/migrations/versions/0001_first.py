"""The first schema."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counters",
        Column("name", String(40), primary_key=True),
        Column("value", Integer(), nullable=False),
    )
    op.create_table(
        "cursors",
        Column("name", String(80), primary_key=True),
        Column("event_id", Integer(), nullable=False),
    )
    op.create_table(
        "decisions",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("session_id", Text()),
        Column("decision", Text(), nullable=False),
        Column("rationale", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_decisions_project_id", "decisions", ["project_id"])
    op.create_table(
        "events",
        Column("kind", String(40), nullable=False),
        Column("project_id", Text(), nullable=False),
        Column("text", Text(), nullable=False),
        Column("goal_id", Text()),
        Column("task_id", Text()),
        Column("session_id", Text()),
        Column("job_id", Text()),
        Column("data", JSON(), nullable=False),
        Column("id", Integer(), primary_key=True, autoincrement=False),
        Column("at", String(40), nullable=False),
    )
    op.create_index("ix_events_goal_id", "events", ["goal_id"])
    op.create_index("ix_events_kind", "events", ["kind"])
    op.create_index("ix_events_project_id", "events", ["project_id"])
    op.create_index("ix_events_session_id", "events", ["session_id"])
    op.create_table(
        "exports",
        Column("session_id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("name", Text(), primary_key=True),
        Column("kind", String(40), nullable=False),
        Column("file", Text(), primary_key=True),
        Column("line", Integer(), nullable=False),
        Column("signature", Text(), nullable=False),
        Column("description", Text(), nullable=False),
        Column("status", String(40), nullable=False),
        Column("commit", Text(), nullable=False),
        Column("job_id", Text(), nullable=False),
    )
    op.create_index("ix_exports_project_id", "exports", ["project_id"])
    op.create_table(
        "goals",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("text", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("agent", Text(), nullable=False),
        Column("auto_approve", Boolean(), nullable=False),
        Column("base_commit", Text(), nullable=False),
        Column("plan_revision", Integer(), nullable=False),
        Column("plan_confidence", Float(), nullable=False),
        Column("decided_by", String(40), nullable=False),
        Column("landed_branch", Text(), nullable=False),
        Column("landed_commit", Text(), nullable=False),
        Column("checks", JSON(), nullable=False),
        Column("reply", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
    )
    op.create_index("ix_goals_project_id_state", "goals", ["project_id", "state"])
    op.create_table(
        "handoffs",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("goal_id", Text(), nullable=False),
        Column("from_session", Text(), nullable=False),
        Column("to_session", Text(), nullable=False),
        Column("from_task", Text(), nullable=False),
        Column("to_task", Text(), nullable=False),
        Column("from_branch", Text(), nullable=False),
        Column("base_commit", Text(), nullable=False),
        Column("head_commit", Text(), nullable=False),
        Column("summary", Text(), nullable=False),
        Column("files_changed", JSON(), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_handoffs_goal_id", "handoffs", ["goal_id"])
    op.create_table(
        "jobs",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("goal_id", Text()),
        Column("task_id", Text()),
        Column("seq", Integer(), nullable=False),
        Column("instruction", Text(), nullable=False),
        Column("brief", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("attempt", Integer(), nullable=False),
        Column("stop_requested", Boolean(), nullable=False),
        Column("base_commit", Text(), nullable=False),
        Column("head_commit", Text(), nullable=False),
        Column("commits", JSON(), nullable=False),
        Column("files_changed", JSON(), nullable=False),
        Column("last_words", Text(), nullable=False),
        Column("summary", Text(), nullable=False),
        Column("question", Text(), nullable=False),
        Column("error", Text(), nullable=False),
        Column("cost_usd", Float(), nullable=False),
        Column("tokens_in", Integer(), nullable=False),
        Column("tokens_out", Integer(), nullable=False),
        Column("queued_at", String(40), nullable=False),
        Column("started_at", Text()),
        Column("first_event_at", Text()),
        Column("finished_at", Text()),
    )
    op.create_index("ix_jobs_goal_id", "jobs", ["goal_id"])
    op.create_index("ix_jobs_project_id", "jobs", ["project_id"])
    op.create_index("ix_jobs_session_id", "jobs", ["session_id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "messages",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("from_session", Text()),
        Column("to_session", Text()),
        Column("type", String(40), nullable=False),
        Column("content", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("job_id", Text()),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_messages_project_id_to_session", "messages", ["project_id", "to_session"])
    op.create_table(
        "model_calls",
        Column("model", Text(), nullable=False),
        Column("prompt", Text(), nullable=False),
        Column("tokens_in", Integer(), nullable=False),
        Column("tokens_out", Integer(), nullable=False),
        Column("tokens_cache_read", Integer(), nullable=False),
        Column("tokens_cache_write", Integer(), nullable=False),
        Column("cost_usd", Float(), nullable=False),
        Column("milliseconds", Integer(), nullable=False),
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("goal_id", Text()),
        Column("session_id", Text()),
        Column("decision", Text(), nullable=False),
        Column("at", String(40), nullable=False),
    )
    op.create_index("ix_model_calls_at", "model_calls", ["at"])
    op.create_index("ix_model_calls_goal_id", "model_calls", ["goal_id"])
    op.create_table(
        "projects",
        Column("id", Text(), primary_key=True),
        Column("root", Text(), nullable=False),
        Column("default_branch", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_projects_root", "projects", ["root"])
    op.create_table(
        "sessions",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("role", Text(), nullable=False),
        Column("branch", Text(), nullable=False),
        Column("worktree", Text(), nullable=False),
        Column("base_commit", Text(), nullable=False),
        Column("agent", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("title", Text(), nullable=False),
        Column("conversation", Text(), nullable=False),
        Column("goal_id", Text()),
        Column("team", Text()),
        Column("parent", Text()),
        Column("adopted", Boolean(), nullable=False),
        Column("last_summary", Text(), nullable=False),
        Column("cost_usd", Float(), nullable=False),
        Column("agent_cost_usd", Float(), nullable=False),
        Column("created_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
    )
    op.create_index("ix_sessions_project_id", "sessions", ["project_id"])
    op.create_table(
        "tasks",
        Column("id", Text(), primary_key=True),
        Column("goal_id", Text(), primary_key=True),
        Column("title", Text(), nullable=False),
        Column("instruction", Text(), nullable=False),
        Column("type", String(40), nullable=False),
        Column("role", Text(), nullable=False),
        Column("depends_on", JSON(), nullable=False),
        Column("files", JSON(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("session_id", Text()),
        Column("route_reason", Text(), nullable=False),
        Column("route_confidence", Float(), nullable=False),
        Column("pinned", Boolean(), nullable=False),
        Column("attempts", Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("tasks")
    op.drop_table("sessions")
    op.drop_table("projects")
    op.drop_table("model_calls")
    op.drop_table("messages")
    op.drop_table("jobs")
    op.drop_table("handoffs")
    op.drop_table("goals")
    op.drop_table("exports")
    op.drop_table("events")
    op.drop_table("decisions")
    op.drop_table("cursors")
    op.drop_table("counters")
