"""The endpoints the alert worker sends to, and tests of them that people asked for."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "endpoints",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("min_severity", sa.String(16), nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        comment="the endpoints of the settings, as the worker last began with them",
    )
    op.create_table(
        "channel_tests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("detail", sa.String(300), nullable=False),
        comment="tests of a channel: who asked, and what the endpoint said",
    )
    op.create_index("ix_channel_tests_endpoint_state", "channel_tests", ["endpoint", "state"])
