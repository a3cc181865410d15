"""Commands to devices and their answers."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    op.create_table(
        "device_commands",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("settled_at", Moment),
        comment="every command to a device: who asked, what the device answered, or that it did not",
    )
    columns = ["school", "device", "asked_at"]
    op.create_index("ix_device_commands_school_device_asked_at", "device_commands", columns)
    op.create_index("ix_device_commands_state_expires_at", "device_commands", ["state", "expires_at"])
