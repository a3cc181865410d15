"""Tables of the register: sessions, marks, the roll, and the evidence they rest on."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("class_id", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),  # in the school's zone
    sa.Column("period", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # see `attendance.sessions.rules.SESSION_KINDS`
    sa.Column("room", sa.String(64)),  # the place of a lesson, by the timetable
    sa.Column("opens_at", Moment, nullable=False),
    sa.Column("late_at", Moment, nullable=False),
    sa.Column("closes_at", Moment, nullable=False),
    sa.Column("until_at", Moment, nullable=False),  # evidence after this says nothing about the session
    sa.Column("watched_from", Moment, nullable=False),  # when the platform first knew of the session
    sa.Column("state", sa.String(16), nullable=False),  # planned | open | closed
    sa.Column("due_at", Moment, index=True),  # the next moment its marks can change without new evidence
    sa.UniqueConstraint("school", "day", "class_id", "period"),
    comment="one roll to be taken: a class, a day, a period",
)

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("session", sa.String(36), sa.ForeignKey("sessions.id"), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1, 2, ... : the history of one student in one session
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16)),  # None: taken back while the session was open
    sa.Column("why", sa.String(32), nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),  # "machine" or an account id
    sa.Column("reason", sa.String(500), nullable=False),  # a person's own words
    sa.Column("at", Moment, nullable=False),
    sa.Column("link", sa.Integer),  # the link of the chain that proves it; None: older than the chain
    sa.Index(None, "school", "link"),
    comment="append-only: every mark ever given, with its reason",
)

roll = sa.Table(
    "roll",
    metadata,
    sa.Column("session", sa.String(36), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16)),
    sa.Column("held", sa.Boolean, nullable=False),  # a person's word: the machine leaves it alone
    sa.ForeignKeyConstraint(["session", "student", "number"], ["marks.session", "marks.student", "marks.number"]),
    sa.Index(None, "school", "student", "session"),
    comment="which mark is the current one",
)

passes = sa.Table(
    "passes",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),  # the event's id
    sa.Column("gate", sa.String(64), nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("lane", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),  # the gate's; that of receipt when its clock is suspect
    sa.Column("told_at", Moment, nullable=False),  # what the gate said, whatever its clock
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("credential", sa.String(32), nullable=False),
    sa.Column("student", sa.String(64)),  # None: nobody's card (yet)
    sa.Column("stated", sa.String(8)),  # the direction the lane said, if it knows
    sa.Column("direction", sa.String(8)),  # the direction as repaired from the student's other passes of the day
    sa.Column("serial", sa.BigInteger),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("suspect", sa.Boolean, nullable=False),  # the gate's clock was too far off
    sa.UniqueConstraint("school", "gate", "told_at", "serial"),
    sa.Index(None, "school", "student", "at"),
    sa.Index(None, "school", "gate", "at"),
    sa.Index(None, "school", "credential"),
    comment="every presented card, also unknown ones",
)

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),  # the event's id
    sa.Column("scope", sa.String(16), nullable=False),  # dormitory | room | seat
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("place", sa.String(64)),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("credential", sa.String(32), nullable=False),
    sa.Column("student", sa.String(64)),
    sa.Column("direction", sa.String(8)),  # in | out; None where the reader does not know
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("suspect", sa.Boolean, nullable=False),
    sa.Index(None, "school", "student", "at"),
    comment="cards presented inside the site: dormitory doors, room readers, lab seats",
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("marks", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    comment="the hash chain over the marks: each link proves the marks of one transaction and the link before it",
)

site_states = sa.Table(
    "site_states",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("class_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # in | out | unknown
    sa.Column("why", sa.String(32), nullable=False),
    sa.Column("at", Moment),  # last seen; None: never
    sa.Column("place", sa.String(64)),  # where last seen: the gate's place, or the gate
    sa.Index(None, "school", "class_id", "state"),
    comment="who is on site, from first principles",
)
