"""What is wrong with a camera's picture, as it says."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0651"
down_revision = "0611"


def upgrade() -> None:
    op.create_table(
        "picture_faults",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("since", Moment, nullable=False),
        comment="what a camera said is wrong with its picture and did not take back yet",
    )
