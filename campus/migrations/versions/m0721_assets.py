"""The asset ledger, every change of the registry, and papers of devices."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0721"
down_revision = "0221"


def upgrade() -> None:
    op.create_table(
        "device_assets",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("serial", sa.String(100), nullable=False),
        sa.Column("capabilities", sa.Text, nullable=False),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("asset_number", sa.String(100), nullable=False),
        sa.Column("cost_cents", sa.BigInteger),
        sa.Column("supplier", sa.String(200), nullable=False),
        sa.Column("purchased", sa.Date),
        sa.Column("warranty_until", sa.Date),
        sa.Column("calibration_due", sa.Date),
        sa.Column("notes", sa.Text, nullable=False),
        comment="the school's asset ledger: one row for each device of which more is known than its place",
    )
    op.create_index("ix_device_assets_school_asset_number", "device_assets", ["school", "asset_number"])
    op.create_table(
        "registry_changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("thing", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("old", sa.Text),
        sa.Column("new", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        comment="every change of the registry: the field, old, new, when and by whom",
    )
    op.create_index("ix_registry_changes_school_thing_key", "registry_changes", ["school", "thing", "key"])
    op.create_table(
        "device_documents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("link", sa.String(500), nullable=False),
        sa.Column("media", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.Column("removed_at", Moment),
        comment="papers of a device: files kept beside the database under their id, or links",
    )
    op.create_index("ix_device_documents_school_device", "device_documents", ["school", "device"])
