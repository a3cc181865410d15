"""Tables of what devices are told: configurations by revision, campaigns of one to many, commands."""

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
    sa.Column("campaign", sa.String(36)),  # which gave it: it is kept as long as that
    sa.Index("ix_device_configurations_state", "state"),
    comment="every configuration a device was given, and what it said to it",
)

device_campaigns = sa.Table(
    "device_campaigns",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # firmware, configuration
    sa.Column("content", sa.Text, nullable=False),  # JSON object: the file and how, or the settings
    sa.Column("devices", sa.Text, nullable=False),  # JSON array of ids, in the order of their turn
    sa.Column("given", sa.Text, nullable=False),  # JSON object: device -> its command or its revision
    sa.Column("hours", sa.String(11), nullable=False),  # "22:00-05:00" local time, or empty: at any time
    sa.Column("tolerate", sa.Integer, nullable=False),  # percent that may fail before it stops
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # planned, running, paused, stopped, done, back
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("begun_by", sa.String(64), nullable=False),
    sa.Index("ix_device_campaigns_state", "state"),
    sa.Index("ix_device_campaigns_school_kind", "school", "kind"),
    comment="a firmware or a configuration that goes to one device, then ten, then all, until too many fail",
)

campaign_steps = sa.Table(
    "campaign_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.String(36), nullable=False, index=True),
    sa.Column("old", sa.String(16), nullable=False),  # empty: it was made
    sa.Column("new", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),  # an account, or "platform"
    sa.Column("why", sa.String(300), nullable=False),
    comment="each change of a campaign's state",
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
    sa.Column("campaign", sa.String(36)),  # which gave it: it is kept as long as that
    sa.Index("ix_device_commands_school_device_asked_at", "school", "device", "asked_at"),
    sa.Index("ix_device_commands_state_expires_at", "state", "expires_at"),
    comment="every command to a device: who asked, what the device answered, or that it did not",
)


def kept_by_campaign(campaign: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Whether the campaign that a row names is there: it knows who answered what by these rows alone."""
    return sa.select(device_campaigns.c.id).where(device_campaigns.c.id == campaign).exists()
