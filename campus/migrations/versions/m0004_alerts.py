"""Alarms, their steps, conditions in progress, rule versions, outbox, deliveries, endpoints, evidence."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    alarms()
    conditions()
    sending()
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id", name="fk_evidence_alarm"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64)),
        sa.Column("data", sa.LargeBinary, nullable=False),
        comment="what was seen: stills with people blurred",
    )
    op.create_index("ix_evidence_alarm", "evidence", ["alarm"])


def partial_index(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("rule_version", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("device", sa.String(64)),
        sa.Column("place", sa.String(64)),
        sa.Column("class_id", sa.String(64)),
        sa.Column("title_zh", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("reason_zh", sa.String(300), nullable=False),
        sa.Column("reason_en", sa.String(300), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("expected_students", sa.Integer),
        sa.Column("expected_classes", sa.Text, nullable=False, server_default="[]"),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("raised_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("returned_at", Moment),
        sa.Column("acknowledged_at", Moment),
        sa.Column("acknowledged_by", sa.String(64)),
        sa.Column("shelved_until", Moment),
        sa.Column("closed_at", Moment),
        sa.Column("outcome", sa.String(16)),
        comment="one row per alarm; at most one open alarm per school, rule and subject",
    )
    partial_index("uq_alarms_open", "alarms", ["school", "rule", "subject"], "state <> 'closed'", unique=True)
    op.create_index("ix_alarms_school_raised_at", "alarms", ["school", "raised_at"])
    partial_index("ix_alarms_shelved_until", "alarms", ["shelved_until"], "shelved_until IS NOT NULL")
    op.create_table(
        "alarm_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id", name="fk_alarm_steps_alarm"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("old", sa.String(32), nullable=False),
        sa.Column("new", sa.String(32), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), nullable=False, server_default=""),
        sa.Column("routed_at", Moment),
        sqlite_autoincrement=True,
        comment=(
            "every step of an alarm: what it was, what it is, when, why, by whom; the worker routes what is not routed"
        ),
    )
    op.create_index("ix_alarm_steps_alarm", "alarm_steps", ["alarm"])
    partial_index("ix_alarm_steps_unrouted", "alarm_steps", ["id"], "routed_at IS NULL")


def conditions() -> None:
    op.create_table(
        "condition_states",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(128), primary_key=True),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("last", Moment, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("due", Moment),
        sa.Column("device", sa.String(64)),
        sa.Column("device_kind", sa.String(32), nullable=False, server_default=""),
        sa.Column("place", sa.String(64)),
        sa.Column("class_id", sa.String(64)),
        sa.Column("event_id", sa.String(64), nullable=False, server_default=""),
        comment="conditions that are pending or active; no row means normal. due: when time alone may change it",
    )
    op.create_index("ix_condition_states_due", "condition_states", ["due"])
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("first_used", Moment, nullable=False),
        comment="each rule as it read when it raised an alarm, as JSON",
    )


def sending() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id", name="fk_outbox_alarm"), nullable=False),
        sa.Column("step", sa.Integer, sa.ForeignKey("alarm_steps.id", name="fk_outbox_step"), nullable=False),
        sa.Column("endpoint", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("lease_until", Moment),
        sa.Column("lease_owner", sa.String(64), nullable=False, server_default=""),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        comment="what is to be sent: leased, sent, then done; the key is the same in every attempt",
    )
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_alarm", "outbox", ["alarm"])
    op.create_index("ix_outbox_endpoint_state_next_at", "outbox", ["endpoint", "state", "next_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("outbox", sa.Integer, sa.ForeignKey("outbox.id", name="fk_deliveries_outbox"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("detail", sa.String(300), nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        comment="every attempt to send, with its outcome",
    )
    op.create_index("ix_deliveries_outbox", "deliveries", ["outbox"])
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    op.create_table(
        "endpoint_states",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("disabled_at", Moment, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        comment="endpoints that asked to be left alone; address is a digest, so a changed URL is a new endpoint",
    )
