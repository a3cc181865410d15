"""Tables of telling: which endpoints there are, the tests of them, and the routes by revision."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

endpoints = sa.Table(
    "endpoints",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("min_severity", sa.String(16), nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    comment="the endpoints of the settings, as the worker last began with them",
)

channel_tests = sa.Table(
    "channel_tests",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("endpoint", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # queued | done | failed
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("detail", sa.String(300), nullable=False),
    comment="tests of a channel: who asked, and what the endpoint said",
)
sa.Index("ix_channel_tests_endpoint_state", channel_tests.c.endpoint, channel_tests.c.state)

route_revisions = sa.Table(
    "route_revisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    comment="the routes as they were put in force over the console, and what they replaced; the newest is in force",
)
