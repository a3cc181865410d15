"""The load of the alarms as its page shows it: names instead of ids, moments in the school's time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.review.load import Load
from alerts.review.load_queries import load
from alerts.rules.rule import Bilingual
from alerts.tables import rule_versions
from attendance import queries as attendance
from devices import queries as devices
from devices.tables import devices as device_table

Names = Mapping[str, tuple[str, str]]  # id -> (Chinese, English)
_FILLED = re.compile(r"[（(][^（()）]*\{[^）)]*[）)]|( (in|at|of))?\s*\{\w+\}")


class _Titled(msgspec.Struct, frozen=True):
    title: Bilingual


_document = msgspec.json.Decoder(_Titled)


class LoadView(msgspec.Struct, frozen=True, kw_only=True):
    """The figures and what things are called."""

    load: Load
    names: Names
    rules: Names  # by their newest title


def load_view(conn: sa.Connection, school: str, days: int, now: datetime, zone: ZoneInfo) -> LoadView:
    """The figures of the last ``days``."""
    found = load(conn, school, now - timedelta(days=days), now, zone)
    names = {one.id: (one.name, one.name_en) for one in devices.places(conn, school)}
    names |= {one.id: (one.title, one.title) for one in attendance.classes(conn, school)}
    query = sa.select(device_table.c.id, device_table.c.name, device_table.c.name_en)
    names |= {row.id: (row.name, row.name_en) for row in conn.execute(query.where(device_table.c.school == school))}
    return LoadView(load=found, names=names, rules=_rules(conn))


def _rules(conn: sa.Connection) -> Names:
    """The title of each rule ever used without its places and numbers: the id alone says little to people."""
    rows = conn.execute(sa.select(rule_versions.c.rule, rule_versions.c.document).order_by(rule_versions.c.first_used))
    titles = {rule: _document.decode(document).title for rule, document in rows}
    return {rule: (plain(title.zh), plain(title.en)) for rule, title in titles.items()}


def plain(title: str) -> str:
    """A title without what is filled in: ``CO2 too high in {place}: {value} {unit}`` is ``CO2 too high``."""
    return _FILLED.sub("", title).strip(" :：")
