"""Shifts, escalation timers, recipients."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("alarms", sa.Column("level", sa.Integer, nullable=False, server_default="0"))
    op.add_column("alarms", sa.Column("device_kind", sa.String(32), nullable=False, server_default=""))
    op.create_table(
        "duty_shifts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("post", sa.String(64)),
        sa.Column("starts", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False),
        comment="who is on post, where and from when to when; no post: the whole school",
    )
    op.create_index("ix_duty_shifts_school_ends", "duty_shifts", ["school", "ends"])
    op.create_table(
        "alarm_timers",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id", name="fk_alarm_timers_alarm"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        comment="what follows while nobody acknowledges; done when it rang and when it was stopped",
    )
    op.create_index("ix_alarm_timers_alarm", "alarm_timers", ["alarm"])
    op.create_index("ix_alarm_timers_due_at", "alarm_timers", ["due_at"])
    op.create_table(
        "alarm_recipients",
        sa.Column(
            "step", sa.Integer, sa.ForeignKey("alarm_steps.id", name="fk_alarm_recipients_step"), primary_key=True
        ),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id", name="fk_alarm_recipients_alarm"), nullable=False),
        sa.Column("who", sa.String(16), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("route", sa.String(300), nullable=False),
        sa.Column("at", Moment, nullable=False),
        comment="whom a step was meant for, as what, and by which route",
    )
    op.create_index("ix_alarm_recipients_alarm", "alarm_recipients", ["alarm"])
