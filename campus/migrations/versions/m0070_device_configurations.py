"""Configurations of devices by revision, and their roll-outs."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0070"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "device_configurations",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("settled_at", Moment),
        comment="every configuration a device was given, and what it said to it",
    )
    op.create_index("ix_device_configurations_state", "device_configurations", ["state"])
    op.create_table(
        "device_rollouts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("devices", sa.Text, nullable=False),
        sa.Column("revisions", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("begun_by", sa.String(64), nullable=False),
        sa.Column("wave_at", Moment, nullable=False),
        comment="a change of configuration that goes to one device, then ten, then all",
    )
    op.create_index("ix_device_rollouts_state", "device_rollouts", ["state"])
