"""Tables of trust: enrolment codes, the broker accounts of devices, and every step with who did it."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

enrolment_codes = sa.Table(
    "enrolment_codes",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the code, which is kept nowhere
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_why", sa.String(16), nullable=False),  # used, replaced, withdrawn, revoked
    sa.Index("ix_enrolment_codes_school_device", "school", "device"),
    comment="one-time codes that an agent trades for an account of its own",
)

broker_accounts = sa.Table(
    "broker_accounts",
    metadata,
    sa.Column("username", sa.String(140), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("password", sa.String(160), nullable=False),  # hashed, as Mosquitto keeps it
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("until", Moment),  # a newer account takes over: so long this one still works
    sa.Column("ended_at", Moment),
    sa.Index("ix_broker_accounts_school_device", "school", "device"),
    comment="accounts of devices at the broker; an ended one is kept and never works again",
)

trust_steps = sa.Table(
    "trust_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("detail", sa.String(300), nullable=False),
    sa.Index("ix_trust_steps_school_device", "school", "device"),
    comment="every step of trust: code made, enrolled, renewed, revoked, ended; who did it and why",
)
