"""The school's rules file by revision: what was put in force over the console, by whom and why."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0522"
down_revision = "0721"


def upgrade() -> None:
    op.create_table(
        "rule_revisions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        comment="the rules file as it was put in force over the console, and what it replaced",
    )
