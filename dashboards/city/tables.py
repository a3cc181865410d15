"""Tables of the city: its districts with their outlines, and which school lies where."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

city_districts = sa.Table(
    "city_districts",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),  # as the file orders them
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("outline", sa.Text, nullable=False),  # JSON: polygons of rings of [longitude, latitude], as GeoJSON
    comment="districts of the city as imported",
)

city_schools = sa.Table(
    "city_schools",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("district", sa.String(64), sa.ForeignKey("city_districts.id"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),  # empty: as its roster calls it
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("longitude", sa.Float),  # degrees; None: it is only known in which district it lies
    sa.Column("latitude", sa.Float),
    sa.Column("due_at", Moment, nullable=False, index=True),  # when its figures are to be counted again
    sa.Column("counted_day", sa.Date),  # the newest local day that was counted; None: never
    comment="schools of the city: where they lie, and when their figures are due",
)

city_days = sa.Table(
    "city_days",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # local
    sa.Column("at", Moment, nullable=False),  # when it was counted
    # Students in rolls of arrival that are closed: who had to come, and who of them came (also late).
    sa.Column("due", sa.Integer, nullable=False),
    sa.Column("came", sa.Integer, nullable=False),
    sa.Column("rolls", sa.Integer, nullable=False),
    sa.Column("rolls_closed", sa.Integer, nullable=False),
    sa.Column("rolls_unsettled", sa.Integer, nullable=False),  # over, and of some student nothing is known
    sa.Column("devices", sa.Integer, nullable=False),
    sa.Column("devices_heard", sa.Integer, nullable=False),
    sa.Column("up_share", sa.Float),  # of the time of all devices in this day so far; None: nothing was heard yet
    sa.Column("heard_at", Moment),  # the newest message of any device
    sa.Column("gates_down", sa.Integer, nullable=False),
    sa.Column("gates_down_since", Moment),
    sa.Column("agents_down", sa.Integer, nullable=False),
    sa.Column("agents_down_since", Moment),
    sa.Column("drills", sa.Integer, nullable=False),  # ended in this term
    sa.Column("term_from", sa.Date, nullable=False),
    comment="a school's day in numbers, counted from what happened: what the map of the city shows and compares",
)
