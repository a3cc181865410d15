"""Single sign-on: attempts on their way to the provider, people as it knows them, how a session began."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0611"
down_revision = "0622"


def upgrade() -> None:
    op.create_table(
        "sign_on_attempts",
        sa.Column("browser_hash", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("next", sa.String(500), nullable=False),
        sa.Column("at", Moment, nullable=False),
        comment="people who were sent to the provider of single sign-on and may come back, once",
    )
    op.create_table(
        "sign_on_people",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id")),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("first_at", Moment, nullable=False),
        sa.Column("last_at", Moment, nullable=False),
        sa.Index("uq_sign_on_people_subject", "school", "issuer", "subject", unique=True),
        comment="people as the provider of single sign-on knows them; without an account they wait for one",
    )
    op.add_column("login_sessions", sa.Column("way", sa.String(16)))
