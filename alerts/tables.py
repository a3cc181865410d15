"""Tables of the alerts: alarms and their steps, conditions in progress, the outbox and its log, evidence."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

OPEN = "state <> 'closed'"

alarms = sa.Table(
    "alarms",
    metadata,
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
    sa.Column("muted_by", sa.String(64)),  # a row of `mutes`, or "alarm:" and the id of the alarm that explains it
    sa.Column("assigned_to", sa.String(64)),
    sa.Column("flapping", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),  # of escalation
    sa.Column("device_kind", sa.String(32), nullable=False, server_default=""),
    comment="one row per alarm; at most one open alarm per school, rule and subject",
)
sa.Index(
    "uq_alarms_open",
    alarms.c.school,
    alarms.c.rule,
    alarms.c.subject,
    unique=True,
    sqlite_where=sa.text(OPEN),
    postgresql_where=sa.text(OPEN),
)
sa.Index("ix_alarms_school_raised_at", alarms.c.school, alarms.c.raised_at)
sa.Index(
    "ix_alarms_shelved_until",
    alarms.c.shelved_until,
    sqlite_where=sa.text("shelved_until IS NOT NULL"),
    postgresql_where=sa.text("shelved_until IS NOT NULL"),
)

alarm_steps = sa.Table(
    "alarm_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("old", sa.String(32), nullable=False),
    sa.Column("new", sa.String(32), nullable=False),
    sa.Column("why", sa.String(32), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("note", sa.String(500), nullable=False, server_default=""),
    sa.Column("routed_at", Moment),
    sqlite_autoincrement=True,
    comment="every step of an alarm: what it was, what it is, when, why, by whom; the worker routes what is not routed",
)
sa.Index(
    "ix_alarm_steps_unrouted",
    alarm_steps.c.id,
    sqlite_where=sa.text("routed_at IS NULL"),
    postgresql_where=sa.text("routed_at IS NULL"),
)

condition_states = sa.Table(
    "condition_states",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(128), primary_key=True),
    sa.Column("phase", sa.String(16), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("last", Moment, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("due", Moment, index=True),
    sa.Column("device", sa.String(64)),
    sa.Column("device_kind", sa.String(32), nullable=False, server_default=""),
    sa.Column("place", sa.String(64)),
    sa.Column("class_id", sa.String(64)),
    sa.Column("event_id", sa.String(64), nullable=False, server_default=""),
    comment="conditions that are pending or active; no row means normal. due: when time alone may change it",
)

rule_versions = sa.Table(
    "rule_versions",
    metadata,
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("version", sa.String(16), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("first_used", Moment, nullable=False),
    comment="each rule as it read when it raised an alarm, as JSON",
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(96), nullable=False),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("step", sa.Integer, sa.ForeignKey("alarm_steps.id"), nullable=False),
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
sa.Index("uq_outbox_key", outbox.c.key, unique=True)
sa.Index("ix_outbox_endpoint_state_next_at", outbox.c.endpoint, outbox.c.state, outbox.c.next_at)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("outbox", sa.Integer, sa.ForeignKey("outbox.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("result", sa.String(16), nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("detail", sa.String(300), nullable=False),
    sa.Column("took_ms", sa.Integer, nullable=False),
    comment="every attempt to send, with its outcome",
)

endpoint_states = sa.Table(
    "endpoint_states",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("disabled_at", Moment, nullable=False),
    sa.Column("why", sa.String(300), nullable=False),
    comment="endpoints that asked to be left alone; address is a digest, so a changed URL is a new endpoint",
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64)),
    sa.Column("data", sa.LargeBinary, nullable=False),
    comment="what was seen: stills with people blurred",
)

rule_memories = sa.Table(
    "rule_memories",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(128), primary_key=True),
    sa.Column("numbers", sa.Text, nullable=False),
    comment="what a rule remembers of a subject while nothing is wrong: last values, moments; a JSON array of numbers",
)

rule_loads = sa.Table(
    "rule_loads",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("source", sa.String(300), nullable=False),
    sa.Column("digest", sa.String(16), nullable=False),
    sa.Column("rules", sa.Integer, nullable=False),
    sa.Column("error", sa.String(500), nullable=False, server_default=""),
    comment="when rules were loaded or a rules file was refused, with file, line and reason",
)

rule_revisions = sa.Table(
    "rule_revisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    comment="the rules file as it was put in force over the console, and what it replaced",
)

event_history = sa.Table(
    "event_history",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("device_kind", sa.String(32), nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    comment="events and facts the rules heard, without stills, for replay; kept as long as the settings say",
)
sa.Index("ix_event_history_school_received", event_history.c.school, event_history.c.received)

mutes = sa.Table(
    "mutes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # maintenance | out_of_service
    sa.Column("rule", sa.String(64)),
    sa.Column("device", sa.String(64)),
    sa.Column("place", sa.String(64)),
    sa.Column("starts", Moment, nullable=False),
    sa.Column("until", Moment, index=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_by", sa.String(64)),
    comment="what nobody is told of for a while: maintenance with an end, out of service until put back",
)
sa.Index("ix_mutes_school_ended_at", mutes.c.school, mutes.c.ended_at)

duty_shifts = sa.Table(
    "duty_shifts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("post", sa.String(64)),
    sa.Column("starts", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False),
    comment="who is on post, where and from when to when; no post: the whole school",
)
sa.Index("ix_duty_shifts_school_ends", duty_shifts.c.school, duty_shifts.c.ends)

ack_links = sa.Table(
    "ack_links",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("endpoint", sa.String(64), nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
    sa.Column("used_at", Moment),
    sa.Column("used_from", sa.String(64), nullable=False, server_default=""),
    comment="links in messages that acknowledge an alarm once; only the digest is kept",
)

alarm_timers = sa.Table(
    "alarm_timers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),  # escalate | remind
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False, index=True),
    sa.Column("done_at", Moment),
    comment="what follows while nobody acknowledges; done when it rang and when it was stopped",
)

alarm_recipients = sa.Table(
    "alarm_recipients",
    metadata,
    sa.Column("step", sa.Integer, sa.ForeignKey("alarm_steps.id"), primary_key=True),
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("alarm", sa.String(36), sa.ForeignKey("alarms.id"), nullable=False, index=True),
    sa.Column("who", sa.String(16), nullable=False),
    sa.Column("why", sa.String(32), nullable=False),
    sa.Column("route", sa.String(300), nullable=False),
    sa.Column("at", Moment, nullable=False),
    comment="whom a step was meant for, as what, and by which route",
)
