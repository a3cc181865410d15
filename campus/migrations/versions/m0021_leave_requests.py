"""Leave asked for, and what was decided."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0021"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "leave_requests",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("student", sa.String(64), nullable=False),
        sa.Column("starts", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("symptom", sa.String(16)),
        sa.Column("weekdays", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("decided_at", Moment),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("returned_at", Moment),
        comment="leave asked for, and what was decided; approved leave stands in leaves",
    )
    op.create_index("ix_leave_requests_school_student_starts", "leave_requests", ["school", "student", "starts"])
