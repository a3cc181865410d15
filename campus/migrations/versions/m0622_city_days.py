"""A school's day in numbers, for the map of the city."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0622"
down_revision = "0621"


def upgrade() -> None:
    op.create_table(
        "city_days",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("due", sa.Integer, nullable=False),
        sa.Column("came", sa.Integer, nullable=False),
        sa.Column("rolls", sa.Integer, nullable=False),
        sa.Column("rolls_closed", sa.Integer, nullable=False),
        sa.Column("rolls_unsettled", sa.Integer, nullable=False),
        sa.Column("devices", sa.Integer, nullable=False),
        sa.Column("devices_heard", sa.Integer, nullable=False),
        sa.Column("up_share", sa.Float),
        sa.Column("heard_at", Moment),
        sa.Column("gates_down", sa.Integer, nullable=False),
        sa.Column("gates_down_since", Moment),
        sa.Column("agents_down", sa.Integer, nullable=False),
        sa.Column("agents_down_since", Moment),
        sa.Column("drills", sa.Integer, nullable=False),
        sa.Column("term_from", sa.Date, nullable=False),
        comment="a school's day in numbers, counted from what happened: what the map of the city shows and compares",
    )
