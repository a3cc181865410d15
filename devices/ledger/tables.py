"""Tables of the asset ledger: what a device cost and is due for, its papers, and every change of the registry."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

device_assets = sa.Table(
    "device_assets",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("serial", sa.String(100), nullable=False),
    sa.Column("capabilities", sa.Text, nullable=False),  # words separated by blanks
    sa.Column("address", sa.String(255), nullable=False),  # host or host:port in the school's network
    sa.Column("asset_number", sa.String(100), nullable=False),
    sa.Column("cost_cents", sa.BigInteger),  # hundredths of the school's currency
    sa.Column("supplier", sa.String(200), nullable=False),
    sa.Column("purchased", sa.Date),
    sa.Column("warranty_until", sa.Date),
    sa.Column("calibration_due", sa.Date),
    sa.Column("calibration_months", sa.Integer),  # how often it is to be done
    sa.Column("notes", sa.Text, nullable=False),
    sa.Index("ix_device_assets_school_asset_number", "school", "asset_number"),
    comment="the school's asset ledger: one row for each device of which more is known than its place",
)

registry_changes = sa.Table(
    "registry_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("thing", sa.String(16), nullable=False),  # device, place
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("field", sa.String(32), nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("new", sa.Text),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Index("ix_registry_changes_school_thing_key", "school", "thing", "key"),
    comment="every change of the registry: the field, old, new, when and by whom",
)

device_documents = sa.Table(
    "device_documents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("link", sa.String(500), nullable=False),  # empty for a file of ours
    sa.Column("media", sa.String(100), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Column("removed_at", Moment),
    sa.Index("ix_device_documents_school_device", "school", "device"),
    comment="papers of a device: files kept beside the database under their id, or links",
)
