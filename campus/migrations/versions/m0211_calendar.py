"""A and B weeks, exams, hours without lessons, and who said what of the calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0211"
down_revision = "0722"


def upgrade() -> None:
    # A primary key cannot be changed in SQLite: both tables are made anew and filled from the old ones.
    op.drop_index("ix_timetable_school_room_weekday_period", "timetable")
    op.rename_table("timetable", "timetable_before")
    op.rename_table("calendar_days", "calendar_days_before")
    op.create_table(
        "timetable",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("class_id", sa.String(64), primary_key=True),
        sa.Column("weekday", sa.Integer, primary_key=True),
        sa.Column("period", sa.String(32), primary_key=True),
        sa.Column("weeks", sa.String(1), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("teacher", sa.String(64)),
        sa.Column("room", sa.String(64)),
    )
    op.create_table(
        "calendar_days",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("said_by", sa.String(8), primary_key=True),
        sa.Column("day_type", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("follows", sa.Integer),
    )
    op.execute(
        "INSERT INTO timetable (school, class_id, weekday, period, weeks, subject, teacher, room) "
        "SELECT school, class_id, weekday, period, '', subject, teacher, room FROM timetable_before"
    )
    op.execute(
        "INSERT INTO calendar_days (school, day, said_by, day_type, name, follows) "
        "SELECT school, day, 'school', day_type, name, follows FROM calendar_days_before"
    )
    op.drop_table("timetable_before")
    op.drop_table("calendar_days_before")
    op.create_index("ix_timetable_school_room_weekday_period", "timetable", ["school", "room", "weekday", "period"])
    op.create_table(
        "exams",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("class_id", sa.String(64), primary_key=True),
        sa.Column("period", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("teacher", sa.String(64)),
        sa.Column("room", sa.String(64)),
        comment="exams: each takes the place of what the timetable says for the class",
    )
    op.create_table(
        "calendar_hours",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("starts", sa.Integer, primary_key=True),
        sa.Column("said_by", sa.String(8), primary_key=True),
        sa.Column("ends", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        comment="hours of a school day in which no lesson is held: a sports festival, an assembly",
    )
