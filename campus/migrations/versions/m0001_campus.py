"""Seen events, dead letters, series spool, change log."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "seen_events",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", Moment, nullable=False, index=True),
        comment="ids of events already taken: a duplicate delivery is recognised here",
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("last_at", Moment, nullable=False, index=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("topic", sa.String(256), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("digest", name="uq_dead_letters_digest"),
        comment="messages that could not be used, with the reason and how often the same one came",
    )
    op.create_table(
        "series_spool",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("points", sa.LargeBinary, nullable=False),
        comment="points taken while the series store was down, drained in order when it returns",
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False, index=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False, server_default=""),
        sqlite_autoincrement=True,
        comment="what changed, in commit order: the live stream reads it by id > last seen",
    )
