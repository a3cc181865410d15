"""The routes by revision: who is told of an alarm, put in force over the console, by whom and why."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0750"
down_revision = "0655"


def upgrade() -> None:
    op.create_table(
        "route_revisions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        comment="the routes as they were put in force over the console, and what they replaced; the newest is in force",
    )
