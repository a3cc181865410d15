"""Tables of upkeep: tickets, their moves and comments, planned checks, their runs, spare parts, their moves."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64)),
    sa.Column("place", sa.String(64)),
    sa.Column("alarm", sa.String(36)),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("severity", sa.String(16), nullable=False),  # urgent, high, normal, low
    sa.Column("state", sa.String(16), nullable=False),  # open, assigned, waiting, done, verified, rejected
    sa.Column("assignee", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("opened_by", sa.String(64), nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.Index("ix_tickets_school_state", "school", "state"),
    sa.Index("ix_tickets_school_device", "school", "device"),
    comment="work to be done on a device or in a place",
)

ticket_moves = sa.Table(
    "ticket_moves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("ticket", sa.String(36), nullable=False, index=True),
    sa.Column("old", sa.String(16), nullable=False),
    sa.Column("new", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("assignee", sa.String(64), nullable=False),
    sa.Column("note", sa.String(1000), nullable=False),
    comment="every change of a ticket's state: old, new, when, by whom and why",
)

ticket_comments = sa.Table(
    "ticket_comments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("ticket", sa.String(36), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("text", sa.String(2000), nullable=False),
    sa.Column("photo", sa.String(36), nullable=False),  # the id of an attached file, or empty
    comment="what people wrote and photographed on a ticket",
)

planned_checks = sa.Table(
    "planned_checks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("instructions", sa.String(2000), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # of the devices it is about; empty: any
    sa.Column("place", sa.String(64)),
    sa.Column("device", sa.String(64)),
    sa.Column("every", sa.Integer, nullable=False),
    sa.Column("unit", sa.String(8), nullable=False),  # week, month
    sa.Column("first_due", sa.Date, nullable=False),
    sa.Column("next_due", sa.Date, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("ended_at", Moment),
    comment="what is looked at every so many weeks or months",
)

planned_check_runs = sa.Table(
    "planned_check_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("planned_check", sa.String(36), nullable=False, index=True),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("done_at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("devices", sa.Integer, nullable=False),  # how many it was about then
    sa.Column("note", sa.String(2000), nullable=False),
    sa.Column("ticket", sa.String(36), nullable=False),  # opened for what was found, or empty
    comment="every time a planned check was done: when it was due, by whom, what was found",
)

spare_parts = sa.Table(
    "spare_parts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("number", sa.String(100), nullable=False),
    sa.Column("shelf", sa.String(100), nullable=False),
    sa.Column("stock", sa.Integer, nullable=False),
    sa.Column("minimum", sa.Integer, nullable=False),
    comment="parts on the shelf, and how few are too few",
)

spare_moves = sa.Table(
    "spare_moves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("part", sa.String(36), nullable=False, index=True),
    sa.Column("change", sa.Integer, nullable=False),
    sa.Column("stock", sa.Integer, nullable=False),  # after it
    sa.Column("ticket", sa.String(36), nullable=False),  # that used it, or empty
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    comment="every part that came or went: how many, for which ticket, by whom",
)
