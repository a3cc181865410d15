"""Saved views of lists, what cameras see on the plan, and the drawings behind it."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0521"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("page", sa.String(32), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.String(500), nullable=False),
        sa.Column("saved_at", Moment, nullable=False),
        comment="lists as people filtered and sorted them, by a name",
    )
    op.create_index("uq_saved_views_name", "saved_views", ["account", "page", "name"], unique=True)
    op.create_table(
        "device_sights",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("heading", sa.Float, nullable=False),
        sa.Column("angle", sa.Float, nullable=False),
        sa.Column("reach", sa.Float, nullable=False),
        comment="where a camera looks on the plan, how wide and how far",
    )
    op.create_table(
        "plan_drawings",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("floor", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("drawn_at", Moment, nullable=False),
        sa.Column("drawn_by", sa.String(64), nullable=False),
        comment="the school's own drawing under the plan, one for the grounds (floor 0) and one for each floor",
    )
