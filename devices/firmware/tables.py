"""The table of firmware: files as they were signed."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

firmware_files = sa.Table(
    "firmware_files",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False, index=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("signature", sa.String(128), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Column("signed_by", sa.String(64), nullable=False, server_default=""),  # whose key of [firmware]; empty: unknown
    sa.Column("kept", sa.String(36), nullable=False, server_default=""),  # an uploaded file, in the folder of papers
    comment="firmware by model and version, as it was signed, and where agents fetch it",
)
