"""What administrators change of accounts."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0613"
down_revision = "0654"


def upgrade() -> None:
    op.create_table(
        "account_changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("field", sa.String(16), nullable=False),
        sa.Column("old", sa.String(200), nullable=False),
        sa.Column("new", sa.String(200), nullable=False),
        sa.Column("changed_by", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Index("ix_account_changes_account_at", "account", "at"),
        comment="what was changed of an account, from what to what, when and by whom; never a secret",
    )
