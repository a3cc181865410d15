"""Which programs live, and when a backup was made."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0632"
down_revision = "0641"


def upgrade() -> None:
    op.create_table(
        "program_beats",
        sa.Column("program", sa.String(32), primary_key=True),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("beat_at", Moment, nullable=False),
        comment="the programs of the platform and when each last said that it lives, by the machine's clock",
    )
    op.create_table(
        "backup_runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        comment="backups that were whole when they were made",
    )
