"""Tables of attendance: the roster, the shape of a school day, leave."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

# The roster ---------------------------------------------------------------------------------------------------------

schools = sa.Table(
    "schools",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("roster_at", Moment),
    sa.Column("org", sa.String(64)),  # what its roster calls it
    # The newest local day whose sessions are planned; None asks for planning again (new bells, a new class).
    sa.Column("planned_day", sa.Date, index=True),
    comment="schools that have a roster",
)

classes = sa.Table(
    "classes",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("grade", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # homeroom | scheduled
    sa.Column("room", sa.String(64)),
    sa.Column("active", sa.Boolean, nullable=False),
    comment="home classes and teaching groups",
)

students = sa.Table(
    "students",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("grade", sa.String(32), nullable=False),
    sa.Column("class_id", sa.String(64)),  # the home class, whose roll the student is on
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("left_at", Moment),  # when it was noticed that the roster has the student no more
    sa.Column("erased_at", Moment),  # the name and what told of the person were taken away
    # Who is on a class's roll is read from the index alone.
    sa.Index(None, "school", "class_id", "active", "id"),
    comment="students, each on the roll of one home class",
)

teachers = sa.Table(
    "teachers",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

enrolments = sa.Table(
    "enrolments",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("class_id", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), primary_key=True),  # student | teacher
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("is_primary", sa.Boolean, nullable=False),
    sa.Column("source", sa.String(64)),  # the enrolment's own id in its roster
    sa.Column("begins", sa.Date),  # the first day; None: always was
    sa.Column("ends", sa.Date),  # the first day after; None: no end is known
    sa.Index(None, "school", "person"),
    comment="who belongs to which class; the primary teacher of a home class is its class teacher",
)

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("credential", sa.String(32), primary_key=True),
    sa.Column("student", sa.String(64), nullable=False),
    sa.Index(None, "school", "student"),
    comment="keyed hashes of cards; a card number is never stored",
)

# The shape of a day -------------------------------------------------------------------------------------------------

bells = sa.Table(
    "bells",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("day_type", sa.String(32), primary_key=True),
    sa.Column("period", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # see `attendance.schoolday.BELL_KINDS`
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("name_en", sa.String(64), nullable=False),
    # Minutes after local midnight.
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("closes", sa.Integer),
)

timetable = sa.Table(
    "timetable",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("class_id", sa.String(64), primary_key=True),
    sa.Column("weekday", sa.Integer, primary_key=True),  # 1 Monday ... 7 Sunday
    sa.Column("period", sa.String(32), primary_key=True),
    sa.Column("weeks", sa.String(1), primary_key=True),  # "" every week | A | B
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("teacher", sa.String(64)),
    sa.Column("room", sa.String(64)),
    sa.Index(None, "school", "room", "weekday", "period"),
)

calendar_days = sa.Table(
    "calendar_days",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("said_by", sa.String(8), primary_key=True),  # school | feed | official, the first of them counts
    sa.Column("day_type", sa.String(32), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("follows", sa.Integer),  # the weekday whose timetable a make-up day follows
)

leaves = sa.Table(
    "leaves",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("starts", Moment, primary_key=True),
    sa.Column("ends", Moment, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("approved_by", sa.String(64), nullable=False),
    comment="approved leave",
)

session_rules = sa.Table(
    "session_rules",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("taken", sa.Boolean, nullable=False),
    # Minutes about the bell.
    sa.Column("before", sa.Integer, nullable=False),
    sa.Column("grace", sa.Integer, nullable=False),
    sa.Column("closes", sa.Integer, nullable=False),
    sa.Column("early", sa.Integer, nullable=False),
    comment="which kinds of sessions a school takes, and their windows",
)

leave_kinds = sa.Table(
    "leave_kinds",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    comment="what a student on leave of a kind is marked as; on_leave where nothing is said",
)

status_names = sa.Table(
    "status_names",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("status", sa.String(16), primary_key=True),
    sa.Column("code", sa.String(8), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("name_en", sa.String(64), nullable=False),
    comment="the codes and names of the statuses as the school calls them",
)

readers = sa.Table(
    "readers",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("scope", sa.String(16), nullable=False),  # dormitory | room | seat
    sa.Column("place", sa.String(64)),
    comment="gates and readers inside the site: passing them does not mean entering or leaving it",
)

boarders = sa.Table(
    "boarders",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("place", sa.String(64), nullable=False),
    sa.Column("bed", sa.String(32), nullable=False),
    comment="who sleeps in which dormitory",
)

leave_requests = sa.Table(
    "leave_requests",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("student", sa.String(64), nullable=False),
    sa.Column("starts", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("note", sa.String(300), nullable=False),
    sa.Column("symptom", sa.String(16)),  # a category, never a diagnosis
    sa.Column("weekdays", sa.JSON, nullable=False),  # [] or the weekdays 1-7 it repeats on
    sa.Column("state", sa.String(16), nullable=False),  # asked | approved | refused | withdrawn
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("decided_by", sa.String(64), nullable=False),
    sa.Column("decided_at", Moment),
    sa.Column("words", sa.String(500), nullable=False),
    sa.Column("returned_at", Moment),
    sa.Index(None, "school", "student", "starts"),
    comment="leave asked for, and what was decided; approved leave stands in leaves",
)
