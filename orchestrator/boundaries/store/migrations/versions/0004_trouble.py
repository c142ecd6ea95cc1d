"""Branches in each other's way: conflicts, leases, who owns what, strategies, the merge queue, and what is foreseen of tasks."""

from alembic import op
from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("foreseen", "beside"):
        op.add_column("tasks", Column(column, JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "conflicts",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("identity", Text(), nullable=False),
        Column("a", Text(), nullable=False),
        Column("b", Text()),
        Column("kind", String(40), nullable=False),
        Column("cause", String(40), nullable=False),
        Column("severity", String(40), nullable=False),
        Column("files", JSON(), nullable=False),
        Column("symbols", JSON(), nullable=False),
        Column("summary", Text(), nullable=False),
        Column("evidence_a", JSON(), nullable=False),
        Column("evidence_b", JSON(), nullable=False),
        Column("adapts", Text(), nullable=False),
        Column("proposal", Text(), nullable=False),
        Column("head_a", Text(), nullable=False),
        Column("head_b", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("told_as", String(40)),
        Column("told_at", String(40)),
        Column("messages", JSON(), nullable=False),
        Column("first_seen", String(40), nullable=False),
        Column("last_seen", String(40), nullable=False),
        Column("closed_at", String(40)),
        Column("closed_why", Text(), nullable=False),
    )
    op.create_index("ix_conflicts_project_id_state", "conflicts", ["project_id", "state"])
    op.create_table(
        "ownerships",
        Column("project_id", Text(), primary_key=True),
        Column("glob", Text(), primary_key=True),
        Column("owner", Text()),
        Column("withdrawn", Boolean(), nullable=False),
        Column("set_at", String(40), nullable=False),
    )
    op.create_table(
        "strategies",
        Column("project_id", Text(), primary_key=True),
        Column("glob", Text(), primary_key=True),
        Column("strategy", String(40), nullable=False),
        Column("integrator", Text(), nullable=False),
        Column("withdrawn", Boolean(), nullable=False),
        Column("set_at", String(40), nullable=False),
    )
    op.create_table(
        "leases",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("patterns", JSON(), nullable=False),
        Column("exclusive", Boolean(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("fence", Integer(), nullable=False),
        Column("minutes", Float(), nullable=False),
        Column("job_id", Text()),
        Column("asked_at", String(40), nullable=False),
        Column("granted_at", String(40)),
        Column("expires_at", String(40)),
        Column("ended_at", String(40)),
    )
    op.create_index("ix_leases_project_id_state", "leases", ["project_id", "state"])
    op.create_table(
        "merge_entries",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("seq", Integer(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("branch", Text(), nullable=False),
        Column("session_id", Text()),
        Column("goal_id", Text()),
        Column("tasks", JSON(), nullable=False),
        Column("heads", JSON(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("base", Text(), nullable=False),
        Column("candidate", Text(), nullable=False),
        Column("checks", JSON(), nullable=False),
        Column("landed_commit", Text(), nullable=False),
        Column("sensitive", JSON(), nullable=False),
        Column("approved", Boolean(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("log", Text(), nullable=False),
        Column("queued_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
    )
    op.create_index("ix_merge_entries_project_id_state", "merge_entries", ["project_id", "state"])
    op.create_index("ix_merge_entries_goal_id", "merge_entries", ["goal_id"])


def downgrade() -> None:
    for table in ("merge_entries", "leases", "strategies", "ownerships", "conflicts"):
        op.drop_table(table)
    for column in ("beside", "foreseen"):
        op.drop_column("tasks", column)
