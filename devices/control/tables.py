"""Tables of what devices are told: their configurations by revision, and roll-outs of one to many."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

device_configurations = sa.Table(
    "device_configurations",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("settings", sa.Text, nullable=False),  # JSON object
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # waiting, sent, applied, refused, replaced
    sa.Column("detail", sa.String(200), nullable=False),
    sa.Column("settled_at", Moment),
    sa.Index("ix_device_configurations_state", "state"),
    comment="every configuration a device was given, and what it said to it",
)

device_rollouts = sa.Table(
    "device_rollouts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),  # JSON object, laid over what each device has
    sa.Column("devices", sa.Text, nullable=False),  # JSON array of ids, in the order of their turn
    sa.Column("revisions", sa.Text, nullable=False),  # JSON object: device -> the revision it was given
    sa.Column("state", sa.String(16), nullable=False),  # running, stopped, done
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("begun_by", sa.String(64), nullable=False),
    sa.Column("wave_at", Moment, nullable=False),  # when the last wave was sent
    sa.Index("ix_device_rollouts_state", "state"),
    comment="a change of configuration that goes to one device, then ten, then all",
)

device_commands = sa.Table(
    "device_commands",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # waiting, sent, done, refused, expired
    sa.Column("detail", sa.String(200), nullable=False),
    sa.Column("settled_at", Moment),
    sa.Column("arguments", sa.Text),  # JSON object that goes with it, if anything does
    sa.Index("ix_device_commands_school_device_asked_at", "school", "device", "asked_at"),
    sa.Index("ix_device_commands_state_expires_at", "state", "expires_at"),
    comment="every command to a device: who asked, what the device answered, or that it did not",
)
