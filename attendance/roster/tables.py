"""Tables of what a roster says beside classes and people: organisations, terms, guardians; and of every import."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # as its roster names it
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),  # school, district, department ... as the roster says
    sa.Column("parent", sa.String(64)),
    comment="the tree of schools, districts and bureaus",
)

terms = sa.Table(
    "terms",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("said_by", sa.String(8), primary_key=True),  # roster | school: the school's own terms.csv goes before
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # term | semester | schoolYear | gradingPeriod
    sa.Column("starts", sa.Date, nullable=False),
    sa.Column("ends", sa.Date, nullable=False),  # the last day
    sa.Column("first_week", sa.String(1), nullable=False),  # A | B: what the week with the first day is
    comment="terms: weeks are counted from the first one's Monday",
)

guardians = sa.Table(
    "guardians",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("phone", sa.String(64), nullable=False),
    sa.Column("email", sa.String(200), nullable=False),
    comment="guardians of active students, with what a message to them needs and nothing else",
)

guardian_links = sa.Table(
    "guardian_links",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("guardian", sa.String(64), primary_key=True),
    sa.Column("relation", sa.String(32), nullable=False),  # parent | guardian | relative | as the roster says
    sa.Index(None, "school", "guardian"),
    comment="who is whose guardian",
)

roster_imports = sa.Table(
    "roster_imports",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),  # the installation's school; an import may hold many
    sa.Column("source", sa.String(200), nullable=False),  # the file's name, or the provider's address
    sa.Column("how", sa.String(16), nullable=False),  # command | watched | schedule
    sa.Column("digest", sa.String(64), nullable=False),  # of the file: the same one is not taken twice
    sa.Column("began_at", Moment, nullable=False, index=True),
    sa.Column("ended_at", Moment),
    sa.Column("state", sa.String(16), nullable=False),  # running | done | unchanged | refused | failed
    sa.Column("reason", sa.Text, nullable=False),  # why it was refused or failed: file, line, problem
    sa.Column("schools", sa.Integer, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),  # kind -> [added, changed, removed]
    sa.Column("fields", sa.JSON, nullable=False),  # "student.name" -> how many changed
    sa.Column("problems", sa.JSON, nullable=False),  # rows left out: "file, line: problem"
    comment="every roster import: when, what changed, why it was refused",
)
