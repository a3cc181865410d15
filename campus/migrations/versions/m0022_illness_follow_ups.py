"""What the school doctor was asked to look at."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0022"
down_revision = "0071"


def upgrade() -> None:
    op.create_table(
        "illness_follow_ups",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("class_id", sa.String(64), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("symptom", sa.String(16), nullable=False),
        sa.Column("students", sa.JSON, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("notes", sa.JSON, nullable=False),
        comment="similar cases in a class and long illness, opened for the school doctor, with what was done",
    )
    op.create_index("ix_illness_follow_ups_school_closed_at", "illness_follow_ups", ["school", "closed_at"])
