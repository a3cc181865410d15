"""Sessions beyond arrival with their rules and evidence, names of statuses, and the chain that proves the marks."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0020"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "session_rules",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("taken", sa.Boolean, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("grace", sa.Integer, nullable=False),
        sa.Column("closes", sa.Integer, nullable=False),
        sa.Column("early", sa.Integer, nullable=False),
        comment="which kinds of sessions a school takes, and their windows",
    )
    op.create_table(
        "leave_kinds",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        comment="what a student on leave of a kind is marked as; on_leave where nothing is said",
    )
    op.create_table(
        "status_names",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), primary_key=True),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        comment="the codes and names of the statuses as the school calls them",
    )
    op.create_table(
        "readers",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("place", sa.String(64)),
        comment="gates and readers inside the site: passing them does not mean entering or leaving it",
    )
    op.create_table(
        "boarders",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("bed", sa.String(32), nullable=False),
        comment="who sleeps in which dormitory",
    )
    op.create_table(
        "sightings",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64)),
        sa.Column("at", Moment, nullable=False),
        sa.Column("credential", sa.String(32), nullable=False),
        sa.Column("student", sa.String(64)),
        sa.Column("direction", sa.String(8)),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("suspect", sa.Boolean, nullable=False),
        comment="cards presented inside the site: dormitory doors, room readers, lab seats",
    )
    op.create_table(
        "links",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", Moment, nullable=False),
        comment="the hash chain over the marks: each link proves the marks of one transaction and the link before it",
    )
    op.create_index("ix_sightings_school_student_at", "sightings", ["school", "student", "at"])
    op.add_column("sessions", sa.Column("room", sa.String(64)))
    op.add_column("marks", sa.Column("link", sa.Integer))
    op.create_index("ix_marks_school_link", "marks", ["school", "link"])
