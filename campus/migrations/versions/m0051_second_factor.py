"""Initial passwords, the second factor, sessions that wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("initial", sa.Boolean))
    op.add_column("accounts", sa.Column("totp_secret", sa.String(64)))
    op.add_column("accounts", sa.Column("totp_step", sa.Integer))
    op.add_column("login_sessions", sa.Column("pending", sa.Boolean))
