"""Maintenance and out of service; who an alarm is assigned to; flapping."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0031"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("alarms", sa.Column("muted_by", sa.String(64)))
    op.add_column("alarms", sa.Column("assigned_to", sa.String(64)))
    op.add_column("alarms", sa.Column("flapping", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "mutes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(64)),
        sa.Column("device", sa.String(64)),
        sa.Column("place", sa.String(64)),
        sa.Column("starts", Moment, nullable=False),
        sa.Column("until", Moment),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("ended_by", sa.String(64)),
        comment="what nobody is told of for a while: maintenance with an end, out of service until put back",
    )
    op.create_index("ix_mutes_until", "mutes", ["until"])
    op.create_index("ix_mutes_school_ended_at", "mutes", ["school", "ended_at"])
