"""Tickets, planned checks and spare parts."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0722"
down_revision = "0522"


def upgrade() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64)),
        sa.Column("place", sa.String(64)),
        sa.Column("alarm", sa.String(36)),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("assignee", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        comment="work to be done on a device or in a place",
    )
    op.create_index("ix_tickets_school_state", "tickets", ["school", "state"])
    op.create_index("ix_tickets_school_device", "tickets", ["school", "device"])
    op.create_table(
        "ticket_moves",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("ticket", sa.String(36), nullable=False),
        sa.Column("old", sa.String(16), nullable=False),
        sa.Column("new", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("assignee", sa.String(64), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        comment="every change of a ticket's state: old, new, when, by whom and why",
    )
    op.create_index("ix_ticket_moves_ticket", "ticket_moves", ["ticket"])
    op.create_table(
        "ticket_comments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("ticket", sa.String(36), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("photo", sa.String(36), nullable=False),
        comment="what people wrote and photographed on a ticket",
    )
    op.create_index("ix_ticket_comments_ticket", "ticket_comments", ["ticket"])
    op.create_table(
        "planned_checks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("instructions", sa.String(2000), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("device", sa.String(64)),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("unit", sa.String(8), nullable=False),
        sa.Column("first_due", sa.Date, nullable=False),
        sa.Column("next_due", sa.Date, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("ended_at", Moment),
        comment="what is looked at every so many weeks or months",
    )
    op.create_index("ix_planned_checks_school", "planned_checks", ["school"])
    op.create_table(
        "planned_check_runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("planned_check", sa.String(36), nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("done_at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("devices", sa.Integer, nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("ticket", sa.String(36), nullable=False),
        comment="every time a planned check was done: when it was due, by whom, what was found",
    )
    op.create_index("ix_planned_check_runs_planned_check", "planned_check_runs", ["planned_check"])
    op.create_table(
        "spare_parts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("shelf", sa.String(100), nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.Column("minimum", sa.Integer, nullable=False),
        comment="parts on the shelf, and how few are too few",
    )
    op.create_index("ix_spare_parts_school", "spare_parts", ["school"])
    op.create_table(
        "spare_moves",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("part", sa.String(36), nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.Column("ticket", sa.String(36), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        comment="every part that came or went: how many, for which ticket, by whom",
    )
    op.create_index("ix_spare_moves_part", "spare_moves", ["part"])
