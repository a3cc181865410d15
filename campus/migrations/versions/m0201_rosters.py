"""Organisations, terms, guardians, dated enrolments, and a row for each roster import."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0201"
down_revision = "0521"


def upgrade() -> None:
    op.add_column("schools", sa.Column("org", sa.String(64)))
    op.add_column("enrolments", sa.Column("source", sa.String(64)))
    op.add_column("enrolments", sa.Column("begins", sa.Date))
    op.add_column("enrolments", sa.Column("ends", sa.Date))
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("parent", sa.String(64)),
        comment="the tree of schools, districts and bureaus",
    )
    op.create_table(
        "terms",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("said_by", sa.String(8), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("starts", sa.Date, nullable=False),
        sa.Column("ends", sa.Date, nullable=False),
        sa.Column("first_week", sa.String(1), nullable=False),
        comment="terms: weeks are counted from the first one's Monday",
    )
    op.create_table(
        "guardians",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(64), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        comment="guardians of active students, with what a message to them needs and nothing else",
    )
    op.create_table(
        "guardian_links",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("guardian", sa.String(64), primary_key=True),
        sa.Column("relation", sa.String(32), nullable=False),
        comment="who is whose guardian",
    )
    op.create_index("ix_guardian_links_school_guardian", "guardian_links", ["school", "guardian"])
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("schools", sa.Integer, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("problems", sa.JSON, nullable=False),
        comment="every roster import: when, what changed, why it was refused",
    )
    op.create_index("ix_roster_imports_began_at", "roster_imports", ["began_at"])
