"""Incidents, their muster and its steps."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0050"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id")),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("closed_by", sa.String(64)),
        sa.Column("note", sa.String(500), nullable=False),
        comment="evacuations, lockdowns and drills; at most one at a time in a school",
    )
    running = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_incidents_running", "incidents", ["school"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "muster",
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("class_id", sa.String(64), nullable=False),
        sa.Column("before", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("at", Moment),
        sa.Column("by", sa.String(64)),
        comment="who has to be accounted for in an incident, and how far that is",
    )
    op.create_table(
        "muster_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("student", sa.String(64), nullable=False),
        sa.Column("old", sa.String(8), nullable=False),
        sa.Column("new", sa.String(8), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        comment="every tick of a muster: append-only",
    )
    op.create_index("ix_muster_steps_incident", "muster_steps", ["incident"])
