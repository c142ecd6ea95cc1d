"""What sessions tell each other: dependencies, todos, requests, tokens; messages with threads; declared exports."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, String, Text, false

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decisions", Column("withdrawn", Boolean(), nullable=False, server_default=false()))
    op.add_column("exports", Column("topic", Text(), nullable=False, server_default=""))
    op.add_column("jobs", Column("hops", Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", Column("set_aside", Text(), nullable=False, server_default=""))
    op.add_column("messages", Column("author", String(40), nullable=False, server_default="session"))
    op.add_column("messages", Column("in_reply_to", Text()))
    op.add_column("messages", Column("thread", Text(), nullable=False, server_default=""))
    op.add_column("messages", Column("hops", Integer(), nullable=False, server_default="0"))
    op.add_column("messages", Column("offers", Integer(), nullable=False, server_default="0"))
    op.add_column("messages", Column("request_id", Text()))
    op.add_column("messages", Column("expires_at", String(40)))
    op.create_index("ix_messages_thread", "messages", ["thread"])
    op.create_index("ix_messages_state", "messages", ["state"])
    op.create_index("ix_messages_from_session_created_at", "messages", ["from_session", "created_at"])
    op.create_table(
        "dependencies",
        Column("session_id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("name", Text(), primary_key=True),
        Column("on_session", Text()),
        Column("reason", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("export_key", Text(), nullable=False),
        Column("signature", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_dependencies_project_id", "dependencies", ["project_id"])
    op.create_table(
        "requests",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("from_session", Text()),
        Column("to_session", Text(), nullable=False),
        Column("type", String(40), nullable=False),
        Column("context", Text(), nullable=False),
        Column("state", String(40), nullable=False),
        Column("response", Text(), nullable=False),
        Column("created_at", String(40), nullable=False),
        Column("updated_at", String(40), nullable=False),
        Column("expires_at", String(40), nullable=False),
    )
    op.create_index("ix_requests_project_id", "requests", ["project_id"])
    op.create_index("ix_requests_state", "requests", ["state"])
    op.create_index("ix_requests_to_session", "requests", ["to_session"])
    op.create_table(
        "todos",
        Column("id", Text(), primary_key=True),
        Column("project_id", Text(), nullable=False),
        Column("from_session", Text()),
        Column("to_session", Text()),
        Column("message", Text(), nullable=False),
        Column("done", Boolean(), nullable=False),
        Column("done_by", Text()),
        Column("created_at", String(40), nullable=False),
    )
    op.create_index("ix_todos_project_id", "todos", ["project_id"])
    op.create_table(
        "tokens",
        Column("hash", Text(), primary_key=True),
        Column("session_id", Text(), nullable=False),
        Column("project_id", Text(), nullable=False),
        Column("job_id", Text()),
        Column("created_at", String(40), nullable=False),
        Column("revoked_at", String(40)),
    )
    op.create_index("ix_tokens_session_id", "tokens", ["session_id"])


def downgrade() -> None:
    for table in ("tokens", "todos", "requests", "dependencies"):
        op.drop_table(table)
    op.drop_index("ix_messages_from_session_created_at", "messages")
    op.drop_index("ix_messages_state", "messages")
    op.drop_index("ix_messages_thread", "messages")
    for column in ("expires_at", "request_id", "offers", "hops", "thread", "in_reply_to", "author"):
        op.drop_column("messages", column)
    op.drop_column("jobs", "set_aside")
    op.drop_column("jobs", "hops")
    op.drop_column("exports", "topic")
    op.drop_column("decisions", "withdrawn")
