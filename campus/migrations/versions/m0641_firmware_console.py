"""Firmware over the console: who signed a file, where an uploaded one is kept, and each step of a campaign."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0641"
down_revision = "0613"


def upgrade() -> None:
    for name, length in (("signed_by", 64), ("kept", 36)):
        op.add_column("firmware_files", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.create_table(
        "firmware_campaign_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String(36), nullable=False),
        sa.Column("old", sa.String(16), nullable=False),
        sa.Column("new", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        comment="each change of a campaign's state",
    )
    op.create_index("ix_firmware_campaign_steps_campaign", "firmware_campaign_steps", ["campaign"])
