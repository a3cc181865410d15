"""Districts and schools of the city, and accounts limited to a district."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0621"
down_revision = "0723"


def upgrade() -> None:
    op.create_table(
        "city_districts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("outline", sa.Text, nullable=False),
        comment="districts of the city as imported",
    )
    op.create_table(
        "city_schools",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("district", sa.String(64), sa.ForeignKey("city_districts.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("longitude", sa.Float),
        sa.Column("latitude", sa.Float),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("counted_day", sa.Date),
        comment="schools of the city: where they lie, and when their figures are due",
    )
    op.create_index("ix_city_schools_district", "city_schools", ["district"])
    op.create_index("ix_city_schools_due_at", "city_schools", ["due_at"])
    op.add_column("accounts", sa.Column("district", sa.String(64)))
