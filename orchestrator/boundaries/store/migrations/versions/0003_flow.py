"""Workflows: stages that are conditional, sent back, timed and landed by themselves; assignments, and branches that keep up."""

from typing import Any

from alembic import op
from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Text, false, text, true

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def added() -> dict[str, list[Column[Any]]]:
    """New columns by table; made anew each time, because a column belongs to one table."""
    return {
        "tasks": [
            Column("position", Integer(), nullable=False, server_default="0"),
            Column("on_complete", String(40), nullable=False, server_default="handoff"),
            Column("on_failure", String(40), nullable=False, server_default="wait"),
            Column("timeout_minutes", Float()),
            Column("retries", Integer()),
            Column("when", JSON(), nullable=False, server_default="{}"),
            Column("rework", Text(), nullable=False, server_default=""),
            Column("rounds", Integer(), nullable=False, server_default="2"),
            Column("round", Integer(), nullable=False, server_default="0"),
            Column("verdict", String(40)),
            Column("feedback", Text(), nullable=False, server_default=""),
            Column("landed_commit", Text(), nullable=False, server_default=""),
        ],
        "goals": [
            Column("workflow", Text(), nullable=False, server_default=""),
            Column("paused", Boolean(), nullable=False, server_default=false()),
        ],
        "jobs": [
            Column("timeout_minutes", Float()),
            Column("verdict", String(40)),
            Column("verdict_reason", Text(), nullable=False, server_default=""),
            Column("ending", Text(), nullable=False, server_default=""),
            Column("checks", JSON(), nullable=False, server_default="[]"),
        ],
        "messages": [
            Column("since", Text(), nullable=False, server_default=""),
        ],
        "requests": [
            Column("to_role", Text(), nullable=False, server_default=""),
            Column("answered_by", Text(), nullable=False, server_default=""),
        ],
        "handoffs": [
            Column("checks", JSON(), nullable=False, server_default="[]"),
            Column("takes_commits", Boolean(), nullable=False, server_default=true()),
            Column("open_items", JSON(), nullable=False, server_default="[]"),
        ],
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.execute(text("UPDATE tasks SET position = CAST(SUBSTR(id, 2) AS INTEGER)"))
    op.drop_index("ix_jobs_goal_id", "jobs")
    op.create_index("ix_jobs_goal_id_task_id", "jobs", ["goal_id", "task_id"])
    with op.batch_alter_table("requests") as requests:
        requests.alter_column("to_session", existing_type=Text(), nullable=True)
    op.create_table(
        "assignments",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("parent", Text()),
        Column("child", Text(), nullable=False),
        Column("instruction", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("job_id", Text()),
        Column("awaited", Boolean(), nullable=False),
        Column("result", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
    )
    for indexed in ("child", "parent", "project_id"):
        op.create_index(f"ix_assignments_{indexed}", "assignments", [indexed])
    op.create_table(
        "syncs",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("state", String(40), nullable=False),
        Column("onto", Text(), nullable=False),
        Column("before", Text(), nullable=False),
        Column("base", Text(), nullable=False),
        Column("after", Text(), nullable=False),
        Column("backup", Text(), nullable=False),
        Column("dirty", Text(), nullable=False),
        Column("files", JSON(), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_syncs_session_id", "syncs", ["session_id"])


def downgrade() -> None:
    op.drop_table("syncs")
    op.drop_table("assignments")
    op.execute(text("DELETE FROM requests WHERE to_session IS NULL"))
    with op.batch_alter_table("requests") as requests:
        requests.alter_column("to_session", existing_type=Text(), nullable=False)
    op.drop_index("ix_jobs_goal_id_task_id", "jobs")
    op.create_index("ix_jobs_goal_id", "jobs", ["goal_id"])
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
