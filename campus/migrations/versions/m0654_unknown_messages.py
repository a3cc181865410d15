"""What devices in quarantine said."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0654"
down_revision = "0631"


def upgrade() -> None:
    op.create_table(
        "unknown_messages",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("topic", sa.String(256), primary_key=True),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("last_at", Moment, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        comment="the last messages of a device in quarantine, a row for each of its topics",
    )
