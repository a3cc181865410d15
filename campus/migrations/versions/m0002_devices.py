"""Places, devices, their states, transitions and outages, unknown devices."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("parent", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("floor", sa.Integer),
        sa.Column("outline", sa.Text, nullable=False),
        comment="campus, buildings, floors, rooms, gates and grounds",
    )
    op.create_table(
        "devices",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("parent", sa.String(64)),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("covers", sa.Text, nullable=False),
        sa.Column("x", sa.Float),
        sa.Column("y", sa.Float),
        sa.Column("retired_at", Moment),
        comment="which things exist; a retired one is kept for its history and no longer listened to",
    )
    op.create_table(
        "registry_versions",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        comment="moves with every change of a school's devices, so that a running program reloads its registry",
    )
    op.create_table(
        "device_states",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("since", Moment),
        sa.Column("next_check_at", Moment, index=True),
        sa.Column("heard_at", Moment),
        sa.Column("said", sa.String(16), nullable=False),
        sa.Column("said_at", Moment),
        sa.Column("excused_until", Moment),
        sa.Column("silent_from", Moment),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("boot_before", sa.String(64), nullable=False),
        sa.Column("boots", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("lost", sa.BigInteger, nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger),
        sa.Column("health", sa.Text, nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("config", sa.BigInteger, nullable=False),
        comment="what is known of each device: facts, the presence concluded from them, and when to look again",
    )
    op.create_table(
        "device_transitions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("old", sa.String(16), nullable=False),
        sa.Column("new", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        comment="every change of presence: old, new, when, why",
    )
    op.create_index("ix_device_transitions_school_device_at", "device_transitions", ["school", "device", "at"])
    op.create_table(
        "device_outages",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("noticed_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        comment="when nothing was known from a device: the people behind it are unknown, not absent",
    )
    op.create_index("ix_device_outages_school_kind_started_at", "device_outages", ["school", "kind", "started_at"])
    op.create_index("ix_device_outages_school_device_started_at", "device_outages", ["school", "device", "started_at"])
    op.create_table(
        "unknown_devices",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("topic", sa.String(256), nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("first_seen", Moment, nullable=False),
        sa.Column("last_seen", Moment, nullable=False),
        comment="devices that speak and are in no registry: a person enrols them or finds out who they are",
    )
