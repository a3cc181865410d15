"""Tables of the plan: where cameras look, and the school's own drawings."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

device_sights = sa.Table(
    "device_sights",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("heading", sa.Float, nullable=False),  # degrees clockwise from up
    sa.Column("angle", sa.Float, nullable=False),  # degrees from edge to edge
    sa.Column("reach", sa.Float, nullable=False),  # units of the plan
    comment="where a camera looks on the plan, how wide and how far",
)

plan_drawings = sa.Table(
    "plan_drawings",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("floor", sa.Integer, primary_key=True, autoincrement=False),  # 0: the grounds, under every floor
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("drawn_at", Moment, nullable=False),
    sa.Column("drawn_by", sa.String(64), nullable=False),
    comment="the school's own drawing under the plan, one for the grounds (floor 0) and one for each floor",
)
