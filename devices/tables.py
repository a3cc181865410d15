"""Tables of the devices: places, devices, what is known of each, its transitions and outages, unknown devices."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

places = sa.Table(
    "places",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("parent", sa.String(64)),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("floor", sa.Integer),
    sa.Column("outline", sa.Text, nullable=False),  # "x,y x,y ..." on a plan of 1000 x 640, as imported
    comment="campus, buildings, floors, rooms, gates and grounds",
)

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("parent", sa.String(64)),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("covers", sa.Text, nullable=False),  # place ids separated by blanks, as imported
    sa.Column("x", sa.Float),
    sa.Column("y", sa.Float),
    sa.Column("retired_at", Moment),
    comment="which things exist; a retired one is kept for its history and no longer listened to",
)

registry_versions = sa.Table(
    "registry_versions",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    comment="moves with every change of a school's devices, so that a running program reloads its registry",
)

device_states = sa.Table(
    "device_states",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    # The last conclusion, and the earliest moment at which time alone can change it.
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("since", Moment),
    sa.Column("next_check_at", Moment, index=True),
    # The facts it was drawn from.
    sa.Column("heard_at", Moment),
    sa.Column("said", sa.String(16), nullable=False),
    sa.Column("said_at", Moment),
    sa.Column("excused_until", Moment),
    sa.Column("silent_from", Moment),
    # The run of the device and its numbering.
    sa.Column("boot", sa.String(64), nullable=False),
    sa.Column("boot_before", sa.String(64), nullable=False),
    sa.Column("boots", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("missing", sa.Text, nullable=False),  # JSON: [[first, last], ...] of this boot, may still come late
    sa.Column("lost", sa.BigInteger, nullable=False),  # messages given up for good
    # What it says of itself.
    sa.Column("clock_offset_ms", sa.BigInteger),
    sa.Column("health", sa.Text, nullable=False),  # JSON object of numbers
    sa.Column("agent", sa.String(64), nullable=False),
    sa.Column("config", sa.BigInteger, nullable=False),
    comment="what is known of each device: facts, the presence concluded from them, and when to look again",
)

device_transitions = sa.Table(
    "device_transitions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("old", sa.String(16), nullable=False),
    sa.Column("new", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("why", sa.String(32), nullable=False),
    sa.Index("ix_device_transitions_school_device_at", "school", "device", "at"),
    sa.Index("ix_device_transitions_school_at", "school", "at"),
    comment="every change of presence: old, new, when, why",
)

device_outages = sa.Table(
    "device_outages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("started_at", Moment, nullable=False),  # when it was last heard, not when we noticed
    sa.Column("noticed_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_device_outages_school_kind_started_at", "school", "kind", "started_at"),
    sa.Index("ix_device_outages_school_device_started_at", "school", "device", "started_at"),
    comment="when nothing was known from a device: the people behind it are unknown, not absent",
)

unknown_devices = sa.Table(
    "unknown_devices",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(256), nullable=False),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("first_seen", Moment, nullable=False),
    sa.Column("last_seen", Moment, nullable=False),
    sa.Column("blocked_at", Moment),  # somebody said that it is none of ours
    comment="devices that speak and are in no registry: a person enrols them or finds out who they are",
)

unknown_messages = sa.Table(
    "unknown_messages",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(256), primary_key=True),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("said", sa.Text, nullable=False),  # JSON: the last few, the newest first
    comment="the last messages of a device in quarantine, a row for each of its topics",
)
