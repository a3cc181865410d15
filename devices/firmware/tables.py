"""Tables of firmware: signed files, and campaigns that bring them to devices in waves."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

firmware_files = sa.Table(
    "firmware_files",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False, index=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Column("signed_by", sa.String(64), nullable=False, server_default=""),  # whose key of [firmware]; empty: unknown
    sa.Column("kept", sa.String(36), nullable=False, server_default=""),  # an uploaded file, in the folder of papers
    comment="firmware by model and version, as it was signed, and where agents fetch it",
)

firmware_campaigns = sa.Table(
    "firmware_campaigns",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("file", sa.String(36), nullable=False),
    sa.Column("devices", sa.Text, nullable=False),  # JSON array of ids, in the order of their turn
    sa.Column("orders", sa.Text, nullable=False),  # JSON object: device -> the id of its command
    sa.Column("hours", sa.String(11), nullable=False),  # "22:00-05:00" local time, or empty: at any time
    sa.Column("downgrade", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # planned, running, paused, stopped, done
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("begun_by", sa.String(64), nullable=False),
    sa.Column("wave_at", Moment, nullable=False),
    sa.Index("ix_firmware_campaigns_state", "state"),
    comment="an update that goes to one device, then ten, then all, and stops at the first that fails",
)

firmware_steps = sa.Table(
    "firmware_campaign_steps",
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
