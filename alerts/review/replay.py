"""Runs rules over stored history as the engine would have, in a database of its own; nothing is notified."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby

import msgspec
import sqlalchemy as sa

from alerts import tables
from alerts.ports import (
    Calendar,
    Expected,
    Names,
    NoRegister,
    OverdueWork,
    Register,
    RollBook,
    RosterTrouble,
    SchoolMoment,
)
from alerts.rules.rule import Bilingual, Severity
from alerts.rules.rulefile import RuleSet
from alerts.stage import AlertStage
from campus import db
from campus.clock import from_ms, to_ms
from campus.envelope import Envelope, Source
from campus.events import Reading, Readings
from campus.series.store import SeriesKey, SeriesStore
from campus.tables import changes

SLICE = timedelta(hours=1)
TICK = timedelta(seconds=60)
READ_AT_ONCE = 10_000


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that the rules would have raised."""

    school: str
    rule: str
    subject: str
    severity: Severity
    title: Bilingual
    raised_at: datetime
    returned_at: datetime | None
    times: int


def replay(
    rules: RuleSet,
    history: Iterable[Envelope],
    until: datetime,
    asked: sa.Connection,
    roll_book: RollBook,
    names: Names,
    calendar: Calendar,
    register: Register | None = None,
) -> list[Replayed]:
    """The alarms of ``rules`` over ``history`` (in order of arrival), oldest first; time runs on to ``until``.

    Roll book, names, calendar and register are asked over ``asked``, the real database; without a register the rules
    that join the roll are silent. The same history gives the same alarms.
    """
    scratch = db.open_engine("sqlite://")
    there = _Elsewhere(asked, roll_book, names, calendar)
    roll = _RegisterElsewhere(asked, register or NoRegister())
    stage = AlertStage(rules, there, there, calendar=there, register=roll, grace=timedelta(0))
    with db.write(scratch) as conn:
        _make_tables(conn)
        now: datetime | None = None
        for envelope in history:
            if envelope.received >= until:
                break
            if now is not None:
                _pass_time(stage, conn, now, envelope.received)
            now = envelope.received
            stage.handle(conn, (envelope,), now)
            stage.committed()
        if now is not None:
            _pass_time(stage, conn, now, until)
        found = [_replayed(row) for row in conn.execute(sa.select(tables.alarms)).mappings()]
    scratch.dispose()
    return sorted(found, key=lambda one: (one.raised_at, one.school, one.rule, one.subject))


def readings(
    store: SeriesStore, sources: Sequence[Source], metrics: Sequence[str], since: datetime, until: datetime
) -> Iterator[Envelope]:
    """The stored readings of ``metrics`` as messages, in order of time; an hour of them is in memory at once."""
    start = since
    while start < until:
        end = min(start + SLICE, until)
        samples = sorted(
            (ts, number, metric, value)
            for number, source in enumerate(sources)
            for metric in metrics
            for ts, value in _samples(store, SeriesKey(source.school, source.device, metric), start, end)
        )
        for (ts, number), group in groupby(samples, key=lambda one: one[:2]):
            values: dict[str, float | bool] = {metric: value for _, _, metric, value in group}
            at = from_ms(ts)
            body = Readings((Reading(ts=ts, values=values),))
            yield Envelope(source=sources[number], body=body, at=at, received=at)
        start = end


def in_order(*histories: Iterable[Envelope]) -> Iterator[Envelope]:
    """Several histories as one, by the moment of arrival."""
    return merge(*histories, key=lambda one: one.received)


def _samples(store: SeriesStore, key: SeriesKey, start: datetime, end: datetime) -> Iterator[tuple[int, float]]:
    begin, stop = to_ms(start), to_ms(end)
    while True:
        found = store.read(key, begin, stop, READ_AT_ONCE)
        yield from ((one.ts, one.value) for one in found)
        if len(found) < READ_AT_ONCE:
            return
        begin = found[-1].ts + 1


def _pass_time(stage: AlertStage, conn: sa.Connection, now: datetime, until: datetime) -> None:
    """Tick at every moment at which time alone may change something, and once a minute."""
    due = tables.condition_states.c.due
    while now < until:
        first = conn.execute(sa.select(sa.func.min(due)).where(due > now)).scalar()
        now = min(until, now + TICK, first or until)
        stage.tick(conn, now)
        stage.committed()


def _make_tables(conn: sa.Connection) -> None:
    wanted = [table for table in vars(tables).values() if isinstance(table, sa.Table)]
    db.metadata.create_all(conn, tables=[*wanted, changes])


def _replayed(row: sa.RowMapping) -> Replayed:
    made = {name: row[name] for name in Replayed.__struct_fields__ if name != "title"}
    return Replayed(**made, title=Bilingual(zh=row["title_zh"], en=row["title_en"]))


class _Elsewhere:
    """Ports that are asked over another connection than the one at hand."""

    def __init__(self, conn: sa.Connection, roll_book: RollBook, names: Names, calendar: Calendar) -> None:
        self._conn = conn
        self._roll_book = roll_book
        self._names = names
        self._calendar = calendar

    def in_school_hours(self, _: sa.Connection, school: str, class_id: str, at: datetime, /) -> bool:
        return self._roll_book.in_school_hours(self._conn, school, class_id, at)

    def leave_now(self, _: sa.Connection, school: str, student: str, at: datetime, /) -> object | None:
        return self._roll_book.leave_now(self._conn, school, student, at)

    def expected_in(self, _: sa.Connection, school: str, place: str, at: datetime, /) -> Expected | None:
        return self._roll_book.expected_in(self._conn, school, place, at)

    def place_name(self, _: sa.Connection, school: str, place: str, /) -> Bilingual | None:
        return self._names.place_name(self._conn, school, place)

    def device_name(self, _: sa.Connection, school: str, device: str, /) -> Bilingual | None:
        return self._names.device_name(self._conn, school, device)

    def class_name(self, _: sa.Connection, school: str, class_id: str, /) -> Bilingual | None:
        return self._names.class_name(self._conn, school, class_id)

    def moment(self, _: sa.Connection, school: str, at: datetime, /) -> SchoolMoment:
        return self._calendar.moment(self._conn, school, at)

    def schools(self, _: sa.Connection, /) -> Sequence[str]:
        return self._calendar.schools(self._conn)


class _RegisterElsewhere:
    """The register, asked over another connection than the one at hand."""

    def __init__(self, conn: sa.Connection, register: Register) -> None:
        self._conn = conn
        self._register = register

    def absent_inside(self, _: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:
        return self._register.absent_inside(self._conn, school, at)

    def present_outside(self, _: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:
        return self._register.present_outside(self._conn, school, at)

    def not_checked_out(self, _: sa.Connection, school: str, at: datetime, after: timedelta, /) -> Mapping[str, int]:
        return self._register.not_checked_out(self._conn, school, at, after)

    def roll_missing(self, _: sa.Connection, school: str, at: datetime, after: timedelta, /) -> Sequence[str]:
        return self._register.roll_missing(self._conn, school, at, after)

    def boarders_missing(
        self, _: sa.Connection, school: str, at: datetime, after: timedelta, /
    ) -> Sequence[tuple[str, str]]:
        return self._register.boarders_missing(self._conn, school, at, after)

    def sick(self, _: sa.Connection, school: str, since: datetime, until: datetime, /) -> Mapping[str, int]:
        return self._register.sick(self._conn, school, since, until)

    def silent_gates(
        self, _: sa.Connection, schools: Collection[str], at: datetime, within: timedelta, /
    ) -> Mapping[str, Sequence[tuple[str, str | None, float]]]:
        return self._register.silent_gates(self._conn, schools, at, within)

    def roster_trouble(
        self, _: sa.Connection, school: str, at: datetime, stale: timedelta | None, /
    ) -> RosterTrouble | None:
        return self._register.roster_trouble(self._conn, school, at, stale)

    def overdue_work(self, _: sa.Connection, school: str, at: datetime, after: timedelta, /) -> Sequence[OverdueWork]:
        return self._register.overdue_work(self._conn, school, at, after)
