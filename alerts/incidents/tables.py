"""Tables of incidents: an evacuation, a lockdown or a drill, who had to be accounted for, and every tick."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

RUNNING = "closed_at IS NULL"

incidents = sa.Table(
    "incidents",
    metadata,
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
sa.Index(
    "uq_incidents_running",
    incidents.c.school,
    unique=True,
    sqlite_where=sa.text(RUNNING),
    postgresql_where=sa.text(RUNNING),
)

muster = sa.Table(
    "muster",
    metadata,
    sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("class_id", sa.String(64), nullable=False),
    sa.Column("before", sa.String(8), nullable=False),  # in | unknown: what was known when the incident began
    sa.Column("state", sa.String(8), nullable=False),  # open | seen | away | missing
    sa.Column("at", Moment),
    sa.Column("by", sa.String(64)),
    comment="who has to be accounted for in an incident, and how far that is",
)

muster_steps = sa.Table(
    "muster_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False, index=True),
    sa.Column("student", sa.String(64), nullable=False),
    sa.Column("old", sa.String(8), nullable=False),
    sa.Column("new", sa.String(8), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    comment="every tick of a muster: append-only",
)
