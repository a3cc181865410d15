"""Roster, bells, timetable, calendar, leave, sessions, marks, passes and on-site state."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "schools",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("roster_at", Moment),
        sa.Column("planned_day", sa.Date, index=True),
        comment="schools that have a roster",
    )
    op.create_table(
        "classes",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("grade", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("room", sa.String(64)),
        sa.Column("active", sa.Boolean, nullable=False),
        comment="home classes and teaching groups",
    )
    op.create_table(
        "students",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("grade", sa.String(32), nullable=False),
        sa.Column("class_id", sa.String(64)),
        sa.Column("active", sa.Boolean, nullable=False),
        comment="students, each on the roll of one home class",
    )
    op.create_index("ix_students_school_class_id", "students", ["school", "class_id"])
    op.create_table(
        "teachers",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "enrolments",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("class_id", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("is_primary", sa.Boolean, nullable=False),
        comment="who belongs to which class; the primary teacher of a home class is its class teacher",
    )
    op.create_index("ix_enrolments_school_person", "enrolments", ["school", "person"])
    op.create_table(
        "credentials",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("credential", sa.String(32), primary_key=True),
        sa.Column("student", sa.String(64), nullable=False),
        comment="keyed hashes of cards; a card number is never stored",
    )
    op.create_index("ix_credentials_school_student", "credentials", ["school", "student"])
    op.create_table(
        "bells",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day_type", sa.String(32), primary_key=True),
        sa.Column("period", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("ends", sa.Integer, nullable=False),
        sa.Column("closes", sa.Integer),
    )
    op.create_table(
        "timetable",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("class_id", sa.String(64), primary_key=True),
        sa.Column("weekday", sa.Integer, primary_key=True),
        sa.Column("period", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("teacher", sa.String(64)),
        sa.Column("room", sa.String(64)),
    )
    op.create_index("ix_timetable_school_room_weekday_period", "timetable", ["school", "room", "weekday", "period"])
    op.create_table(
        "calendar_days",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("day_type", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("follows", sa.Integer),
    )
    op.create_table(
        "leaves",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("starts", Moment, primary_key=True),
        sa.Column("ends", Moment, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        comment="approved leave",
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("class_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("period", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("opens_at", Moment, nullable=False),
        sa.Column("late_at", Moment, nullable=False),
        sa.Column("closes_at", Moment, nullable=False),
        sa.Column("until_at", Moment, nullable=False),
        sa.Column("watched_from", Moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", Moment, index=True),
        sa.UniqueConstraint("school", "day", "class_id", "period", name="uq_sessions_school_day_class_id_period"),
        comment="one roll to be taken: a class, a day, a period",
    )
    op.create_table(
        "marks",
        sa.Column("session", sa.String(36), sa.ForeignKey("sessions.id", name="fk_marks_session"), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", Moment, nullable=False),
        comment="append-only: every mark ever given, with its reason",
    )
    op.create_table(
        "roll",
        sa.Column("session", sa.String(36), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["session", "student", "number"], ["marks.session", "marks.student", "marks.number"], name="fk_roll_session"
        ),
        comment="which mark is the current one",
    )
    op.create_index("ix_roll_school_student_session", "roll", ["school", "student", "session"])
    op.create_table(
        "passes",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("gate", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("told_at", Moment, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("credential", sa.String(32), nullable=False),
        sa.Column("student", sa.String(64)),
        sa.Column("stated", sa.String(8)),
        sa.Column("direction", sa.String(8)),
        sa.Column("serial", sa.BigInteger),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("suspect", sa.Boolean, nullable=False),
        sa.UniqueConstraint("school", "gate", "told_at", "serial", name="uq_passes_school_gate_told_at_serial"),
        comment="every presented card, also unknown ones",
    )
    op.create_index("ix_passes_school_student_at", "passes", ["school", "student", "at"])
    op.create_index("ix_passes_school_gate_at", "passes", ["school", "gate", "at"])
    op.create_index("ix_passes_school_credential", "passes", ["school", "credential"])
    op.create_table(
        "site_states",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("class_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("at", Moment),
        sa.Column("place", sa.String(64)),
        comment="who is on site, from first principles",
    )
    op.create_index("ix_site_states_school_class_id_state", "site_states", ["school", "class_id", "state"])
