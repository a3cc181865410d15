"""Keeps the figures of the city's schools: due rows, claimed once, counted in small batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from campus import changes as change_log
from campus import db
from campus.clock import Clock
from campus.tables import changes
from dashboards.city import counting
from dashboards.city.figures import WEEKS
from dashboards.city.tables import city_days, city_schools

STEP_S = 10.0
BATCH = 100
AGAIN = timedelta(minutes=5)  # also when nothing was said to have changed
SOON = timedelta(seconds=30)  # after a change, however many follow
SETTLES_DAYS = 7  # a new day counts so many before it again: corrections, and what came late
KEPT_DAYS = 60
_TOPICS = ("roll", "device", "muster")  # alarms are read as they are
_FACTS = tuple(
    column.name for column in city_days.c if column.name not in {"school", "day", "at", "heard_at", "up_share"}
)


class CityKeeper:
    """Counts what is due. Any number of programs may run one: a due row is claimed by one of them."""

    def __init__(self, engine: sa.Engine, clock: Clock, zone: ZoneInfo) -> None:
        self._engine = engine
        self._clock = clock
        self._zone = zone
        self._seen: int | None = None

    def step(self) -> int:
        """Count every school that is due; return how many were."""
        self._note_changes()
        counted = 0
        while claimed := self._claim():
            self._count(claimed)
            counted += len(claimed)
        return counted

    def _note_changes(self) -> None:
        """Let schools be due soon in which something changed."""
        soon = self._clock.now() + SOON
        with db.read(self._engine) as conn:
            newest = change_log.last_id(conn)
            after = newest if self._seen is None else self._seen
            fresh = sa.select(changes.c.school).where(changes.c.id > after, changes.c.topic.in_(_TOPICS)).distinct()
            table = city_schools.c
            found = sa.select(table.school).where(table.due_at > soon, table.school.in_(fresh))
            schools = list(conn.execute(found).scalars()) if newest > after else []
        self._seen = newest
        for batch in _batches(schools):
            with db.write(self._engine) as conn:
                mine = (city_schools.c.school.in_(batch), city_schools.c.due_at > soon)
                conn.execute(city_schools.update().where(*mine).values(due_at=soon))

    def _claim(self) -> Mapping[str, date | None]:
        """The newest counted day of schools that are due, which nobody else counts now."""
        now, table = self._clock.now(), city_schools.c
        with db.read(self._engine) as conn:
            query = sa.select(table.school).where(table.due_at <= now).order_by(table.due_at).limit(BATCH)
            due = list(conn.execute(query).scalars())
        if not due:
            return {}
        claim = city_schools.update().where(table.school.in_(due), table.due_at <= now).values(due_at=now + AGAIN)
        with db.write(self._engine) as conn:
            return {
                row.school: row.counted_day for row in conn.execute(claim.returning(table.school, table.counted_day))
            }

    def _count(self, claimed: Mapping[str, date | None]) -> None:
        now = self._clock.now()
        today = now.astimezone(self._zone).date()
        by_span: dict[int, list[str]] = {}
        for school, counted in claimed.items():
            by_span.setdefault(_span(counted, today), []).append(school)
        for span, schools in by_span.items():
            days = [today - timedelta(days=back) for back in range(span)]
            with db.read(self._engine) as conn:
                rows = counting.count(conn, schools, days, now, self._zone)
                before = _facts(conn, schools, today)
            self._keep(rows, before, schools, today, now)

    def _keep(
        self, rows: Sequence[counting.Row], before: Mapping[str, tuple[Any, ...]], schools: Sequence[str], today: date,
        now: datetime,
    ) -> None:  # fmt: skip
        changed = [
            (row["school"], row["school"], "")
            for row in rows
            if row["day"] == today and before.get(row["school"]) != tuple(row[name] for name in _FACTS)
        ]
        update = [column.name for column in city_days.c if not column.primary_key]
        mine = city_schools.c.school.in_(schools)
        with db.write(self._engine) as conn:
            db.upsert(city_days, conn, rows, ["school", "day"], update)
            conn.execute(city_schools.update().where(mine).values(counted_day=today))
            forgotten = city_days.c.day < today - timedelta(days=KEPT_DAYS)
            conn.execute(city_days.delete().where(city_days.c.school.in_(schools), forgotten))
            change_log.append_rows(conn, now, "city", changed)


def _span(counted: date | None, today: date) -> int:
    """How many days to count: all that is compared with at first, the last ones on a new day, otherwise today."""
    if counted is None:
        return 7 * WEEKS + 1
    return 1 if counted == today else max(SETTLES_DAYS, min((today - counted).days + 1, 7 * WEEKS + 1))


def _facts(conn: sa.Connection, schools: Sequence[str], day: date) -> Mapping[str, tuple[Any, ...]]:
    query = sa.select(city_days).where(city_days.c.day == day, city_days.c.school.in_(schools))
    return {row["school"]: tuple(row[name] for name in _FACTS) for row in conn.execute(query).mappings()}


def _batches(schools: Sequence[str]) -> list[Sequence[str]]:
    return [schools[begin : begin + BATCH] for begin in range(0, len(schools), BATCH)]
