"""The table of what the school doctor was asked to look at."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

illness_follow_ups = sa.Table(
    "illness_follow_ups",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("class_id", sa.String(64), nullable=False),
    sa.Column("why", sa.String(16), nullable=False),  # similar_cases | ill_for_days
    sa.Column("symptom", sa.String(16), nullable=False),
    sa.Column("students", sa.JSON, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),  # None: the doctor has not closed it yet
    sa.Column("notes", sa.JSON, nullable=False),  # [{at: epoch milliseconds, by: account id, words}], the first first
    sa.Index(None, "school", "closed_at"),
    comment="similar cases in a class and long illness, opened for the school doctor, with what was done",
)
