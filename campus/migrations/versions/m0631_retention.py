"""Retention: what was forgotten when, and students who left or were erased."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0631"
down_revision = "0612"


def upgrade() -> None:
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("before", Moment, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        comment="what was forgotten: which kind of data, when, from before when, how many rows",
    )
    op.create_index("ix_retention_runs_what", "retention_runs", ["what"])
    op.add_column("students", sa.Column("left_at", Moment))
    op.add_column("students", sa.Column("erased_at", Moment))
