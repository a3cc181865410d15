"""Enrolment codes, broker accounts of devices, and the steps of trust."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0701"
down_revision = "0201"


def upgrade() -> None:
    op.create_table(
        "enrolment_codes",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("ended_why", sa.String(16), nullable=False),
        comment="one-time codes that an agent trades for an account of its own",
    )
    op.create_index("ix_enrolment_codes_school_device", "enrolment_codes", ["school", "device"])
    op.create_table(
        "broker_accounts",
        sa.Column("username", sa.String(140), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("password", sa.String(160), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("until", Moment),
        sa.Column("ended_at", Moment),
        comment="accounts of devices at the broker; an ended one is kept and never works again",
    )
    op.create_index("ix_broker_accounts_school_device", "broker_accounts", ["school", "device"])
    op.create_table(
        "trust_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("detail", sa.String(300), nullable=False),
        comment="every step of trust: code made, enrolled, renewed, revoked, ended; who did it and why",
    )
    op.create_index("ix_trust_steps_school_device", "trust_steps", ["school", "device"])
    op.add_column("unknown_devices", sa.Column("blocked_at", Moment))
