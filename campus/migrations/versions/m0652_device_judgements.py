"""The last judgement of each device."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0652"
down_revision = "0651"


def upgrade() -> None:
    op.create_table(
        "device_judgements",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("judged_at", Moment, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        comment="how healthy each device was when it was last judged, so that a list need not judge them all",
    )
    op.create_index("ix_device_judgements_judged_at", "device_judgements", ["judged_at"])
