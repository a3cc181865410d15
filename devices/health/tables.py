"""Tables of health: what a camera says is wrong with its picture, and the last judgement of each device."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

picture_faults = sa.Table(
    "picture_faults",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),  # as `camera.tamper` says
    sa.Column("since", Moment, nullable=False),
    comment="what a camera said is wrong with its picture and did not take back yet",
)

device_judgements = sa.Table(
    "device_judgements",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("judged_at", Moment, nullable=False, index=True),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("findings", sa.Text, nullable=False),  # JSON: what was found, the gravest first
    comment="how healthy each device was when it was last judged, so that a list need not judge them all",
)
