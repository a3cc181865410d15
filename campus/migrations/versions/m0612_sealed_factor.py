"""The second factor's secret, sealed; recovery codes."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0612"
down_revision = "0653"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("totp_sealed", sa.String(300)))
    op.create_table(
        "recovery_codes",
        sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        comment="codes for who lost the phone with the second factor; each is good once, only hashes are kept",
    )
