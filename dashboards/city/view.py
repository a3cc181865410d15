"""The city as the bureau sees it: every school of the account's scope by need, its district and its past beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.tables import OPEN, alarms
from attendance.tables import schools as rosters
from campus import changes
from campus.errors import NotFound
from dashboards.access.accounts import Account
from dashboards.city import figures, need
from dashboards.city.figures import HIDDEN, CityShare, Count
from dashboards.city.hiding import Hidden, hide
from dashboards.city.need import Known, Reason, State
from dashboards.city.store import district_names
from dashboards.city.tables import city_days, city_schools

_ByDay = Mapping[str, Sequence[Count | None]]
_QUIET = ("shelved", "suppressed", "out_of_service")
_FACTS = (
    "devices", "gates_down", "gates_down_since", "agents_down", "agents_down_since", "rolls", "rolls_unsettled",
    "heard_at",
)  # fmt: skip


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school: what it needs and why, and its figures. ``at`` is longitude and latitude, None when nobody drew it."""

    school: str
    name: str
    name_en: str
    district: str
    at: tuple[float, float] | None
    state: State
    reasons: tuple[Reason, ...]
    alarms: dict[str, int]  # open ones by severity
    attendance: CityShare
    uptime: CityShare
    devices: int
    heard: int
    drills: int
    term_from: date | None
    counted_at: datetime | None


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Several schools as one; ``states`` is how many are in each. ``state`` is the worst of them."""

    schools: int
    state: State
    states: dict[str, int]
    alarms: dict[str, int]
    attendance: CityShare
    uptime: CityShare
    devices: int
    heard: int
    drills: int
    without_drill: int


class DistrictLine(msgspec.Struct, frozen=True, kw_only=True):
    """A district and the sum of its schools."""

    district: str
    name: str
    name_en: str
    sum: Sum


class City(msgspec.Struct, frozen=True, kw_only=True):
    """What an account sees of its city; schools by need, the neediest first. ``least``: smaller groups are hidden."""

    seen: int
    now: datetime
    least: int
    total: Sum
    districts: tuple[DistrictLine, ...]
    schools: tuple[SchoolLine, ...]


class _School(msgspec.Struct, frozen=True, kw_only=True):
    """A school with its counts by day, today's first."""

    line: SchoolLine
    came: Sequence[Count | None]
    up: Sequence[Count | None]


def city(conn: sa.Connection, account: Account, now: datetime, zone: ZoneInfo, least: int) -> City:
    """The city at ``now``, or the account's district when it is limited to one.

    What is hidden is decided over the whole city, so that it does not depend on who asks.
    """
    seen, names = changes.last_id(conn), district_names(conn)
    days = (now.astimezone(zone).date(), *figures.past_days(now.astimezone(zone).date()))
    places = conn.execute(_places()).mappings().all()
    came, up = _counts(conn, days)
    hidden = _hidden({one["school"]: one["district"] for one in places}, came, least)
    own = {one for one in names if account.district in {None, one}}
    mine = [one for one in places if one["district"] in own]
    today, rung = _today(conn, days[0]), _alarms(conn)
    found = [
        _school(one, today.get(one["school"]), rung.get(one["school"], {}), came[one["school"]], up[one["school"]],
                hidden)
        for one in mine
    ]  # fmt: skip
    found.sort(key=lambda one: (*need.urgency(one.line.reasons), one.line.name))
    by_district: dict[str, list[_School]] = defaultdict(list)
    for school in found:
        by_district[school.line.district].append(school)
    return City(
        seen=seen,
        now=now,
        least=least,
        total=_sum([one for one in found if one.line.district not in hidden.districts], found),
        districts=tuple(
            DistrictLine(district=id_, name=zh, name_en=en,
                         sum=_sum([] if id_ in hidden.districts else by_district[id_], by_district[id_]))
            for id_, (zh, en) in names.items() if id_ in own
        ),
        schools=tuple(one.line for one in found),
    )  # fmt: skip


def narrowed(found: City, district: str) -> City:
    """One district of a city; raises `NotFound` when it is not in it."""
    mine = tuple(one for one in found.districts if one.district == district)
    if not mine:
        raise NotFound(f"there is no district {district!r}")
    schools = tuple(one for one in found.schools if one.district == district)
    return msgspec.structs.replace(found, total=mine[0].sum, districts=mine, schools=schools)


def _places() -> sa.Select[Any]:
    table = city_schools.c
    name = sa.func.coalesce(sa.func.nullif(table.name, ""), rosters.c.name, table.school)
    columns = (table.school, table.district, name.label("name"), table.name_en, table.longitude, table.latitude)
    return sa.select(*columns).outerjoin(rosters, rosters.c.id == table.school)


def _counts(conn: sa.Connection, days: Sequence[date]) -> tuple[_ByDay, _ByDay]:
    """For each school by day: who came of those due, and how much of the devices' time was up."""
    table = city_days.c
    query = sa.select(table.school, table.came, table.due, table.up_share, table.devices)
    came: dict[str, list[Count | None]] = defaultdict(lambda: [None] * len(days))
    up: dict[str, list[Count | None]] = defaultdict(lambda: [None] * len(days))
    for place, day in enumerate(days):
        for school, present, due, share, number in conn.execute(query.where(table.day == day)).all():
            if due:
                came[school][place] = Count(present, due)
            if share is not None:
                up[school][place] = Count(share * number, number)
    return came, up


def _hidden(district_of: Mapping[str, str], came: Mapping[str, Sequence[Count | None]], least: int) -> Hidden:
    """What is hidden on any of the days is hidden on all: hiding more never shows anything."""
    found = []
    for day in range(1 + figures.WEEKS):
        sizes: dict[str, dict[str, int]] = defaultdict(dict)
        for school, district in district_of.items():
            one = came[school][day]
            sizes[district][school] = int(one.whole) if one else 0
        found.append(hide(sizes, least))
    return Hidden(
        schools=frozenset().union(*(one.schools for one in found)),
        districts=frozenset().union(*(one.districts for one in found)),
    )


def _today(conn: sa.Connection, day: date) -> Mapping[str, sa.RowMapping]:
    names = (*_FACTS, "school", "devices_heard", "drills", "term_from", "at")
    query = sa.select(*(city_days.c[name] for name in names)).where(city_days.c.day == day)
    return {row["school"]: row for row in conn.execute(query).mappings().all()}


def _alarms(conn: sa.Connection) -> Mapping[str, Mapping[str, tuple[int, datetime]]]:
    """Open alarms that are not put aside, by school and severity: how many, and the oldest."""
    query = sa.select(alarms.c.school, alarms.c.severity, sa.func.count(), sa.func.min(alarms.c.raised_at))
    query = query.where(sa.text(OPEN), alarms.c.state.not_in(_QUIET)).group_by(alarms.c.school, alarms.c.severity)
    found: dict[str, dict[str, tuple[int, datetime]]] = defaultdict(dict)
    for school, severity, number, oldest in conn.execute(query).all():
        found[school][severity] = (number, oldest)
    return found


def _school(
    place: sa.RowMapping, day: sa.RowMapping | None, rung: Mapping[str, tuple[int, datetime]],
    came: Sequence[Count | None], up: Sequence[Count | None], hidden: Hidden,
) -> _School:  # fmt: skip
    attendance = HIDDEN if place["school"] in hidden.schools else figures.share(came[0], came[1:])
    number = {severity: n for severity, (n, _) in rung.items()}
    facts = {name: day[name] for name in _FACTS} if day else {}
    why = need.reasons(
        Known(
            alarms=number, attendance=attendance, heard=day["devices_heard"] if day else 0,
            critical_since=rung["critical"][1] if "critical" in rung else None,
            major_since=rung["major"][1] if "major" in rung else None, **facts,
        )
    )  # fmt: skip
    at = None if place["longitude"] is None else (place["longitude"], place["latitude"])
    line = SchoolLine(
        school=place["school"], name=place["name"], name_en=place["name_en"] or place["name"],
        district=place["district"], at=at, state=need.state(why), reasons=why, alarms=number, attendance=attendance,
        uptime=figures.share(up[0], up[1:]), devices=day["devices"] if day else 0,
        heard=day["devices_heard"] if day else 0, drills=day["drills"] if day else 0,
        term_from=day["term_from"] if day else None, counted_at=day["at"] if day else None,
    )  # fmt: skip
    return _School(line=line, came=came, up=up)


def _sum(shown: Sequence[_School], every: Sequence[_School]) -> Sum:
    """The sum of ``every`` school; attendance is that of those ``shown``, which leaves out totals of few students."""
    rung: Counter[str] = Counter()
    for one in every:
        rung.update(one.line.alarms)
    return Sum(
        schools=len(every),
        state=need.worst(one.line.state for one in every),
        states=dict(Counter(one.line.state for one in every)),
        alarms=dict(rung),
        attendance=_pooled([one.came for one in shown]) if shown or not every else HIDDEN,
        uptime=_pooled([one.up for one in every]),
        devices=sum(one.line.devices for one in every),
        heard=sum(one.line.heard for one in every),
        drills=sum(one.line.drills for one in every),
        without_drill=sum(not one.line.drills for one in every),
    )


def _pooled(schools: Sequence[Sequence[Count | None]]) -> CityShare:
    days = [figures.pooled(one) for one in zip(*schools, strict=True)]
    return figures.share(days[0], days[1:]) if days else CityShare()
