"""Tokens of programs that read the interface."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0501"
down_revision = "0211"


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("classes", sa.Text, nullable=False),
        sa.Column("made_by", sa.String(36), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("last_used_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        comment="programs that read the interface; only the hash of a token is kept",
    )
