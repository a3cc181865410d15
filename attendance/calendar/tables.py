"""Tables of the calendar: exams, and hours in which no lesson is held."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import metadata

exams = sa.Table(
    "exams",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("class_id", sa.String(64), primary_key=True),
    sa.Column("period", sa.String(32), primary_key=True),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("teacher", sa.String(64)),  # who invigilates
    sa.Column("room", sa.String(64)),
    comment="exams: each takes the place of what the timetable says for the class",
)

calendar_hours = sa.Table(
    "calendar_hours",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("starts", sa.Integer, primary_key=True),  # minutes after local midnight
    sa.Column("said_by", sa.String(8), primary_key=True),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    comment="hours of a school day in which no lesson is held: a sports festival, an assembly",
)
