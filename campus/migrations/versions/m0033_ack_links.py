"""Links in messages that acknowledge an alarm."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0033"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "ack_links",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False),
        sa.Column("endpoint", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.Column("used_from", sa.String(64), nullable=False, server_default=""),
        comment="links in messages that acknowledge an alarm once; only the digest is kept",
    )
    op.create_index("ix_ack_links_alarm", "ack_links", ["alarm"])
    op.create_index("ix_ack_links_expires_at", "ack_links", ["expires_at"])
