"""The schema version this code works with. Light: the glance imports it without SQLAlchemy."""

SCHEMA = "0004"
"""Alembic revision of the newest migration."""
