"""Firmware files and campaigns; commands with arguments."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0723"
down_revision = "0501"


def upgrade() -> None:
    op.create_table(
        "firmware_files",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        comment="firmware by model and version, as it was signed, and where agents fetch it",
    )
    op.create_index("ix_firmware_files_school", "firmware_files", ["school"])
    op.create_table(
        "firmware_campaigns",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("file", sa.String(36), nullable=False),
        sa.Column("devices", sa.Text, nullable=False),
        sa.Column("orders", sa.Text, nullable=False),
        sa.Column("hours", sa.String(11), nullable=False),
        sa.Column("downgrade", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("begun_by", sa.String(64), nullable=False),
        sa.Column("wave_at", Moment, nullable=False),
        comment="an update that goes to one device, then ten, then all, and stops at the first that fails",
    )
    op.create_index("ix_firmware_campaigns_state", "firmware_campaigns", ["state"])
    op.add_column("device_commands", sa.Column("arguments", sa.Text))
