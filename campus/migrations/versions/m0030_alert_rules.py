"""What rules remember, when rules were loaded, and the events kept for replay."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0030"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "rule_memories",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(128), primary_key=True),
        sa.Column("numbers", sa.Text, nullable=False),
        comment="what a rule remembers of a subject while nothing is wrong: last values, moments; "
        "a JSON array of numbers",
    )
    op.create_table(
        "rule_loads",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(16), nullable=False),
        sa.Column("rules", sa.Integer, nullable=False),
        sa.Column("error", sa.String(500), nullable=False, server_default=""),
        comment="when rules were loaded or a rules file was refused, with file, line and reason",
    )
    op.create_table(
        "event_history",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("device_kind", sa.String(32), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("at", Moment, nullable=False),
        sa.Column("received", Moment, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        comment="events and facts the rules heard, without stills, for replay; kept as long as the settings say",
    )
    op.create_index("ix_event_history_school_received", "event_history", ["school", "received"])
