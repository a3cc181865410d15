"""Joins history, roll book, calendar and registry for `campus rules replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.review import history
from alerts.review.replay import in_order, readings, replay
from alerts.review.replay_report import Report, compare, raised
from alerts.rules.joined_rules import HeadCountRule, TailgatingRule
from alerts.rules.kinds import Rule
from alerts.rules.reading_rules import AbsenceRule, ChangeRule, RateRule, ThresholdRule
from alerts.rules.rulefile import RuleSet
from attendance.rollbook import RollBook
from campus import db
from campus.clock import Clock
from campus.envelope import Envelope, Source
from campus.series.open import open_series
from campus.settings import Settings
from cli.joins.names import SchoolNames
from cli.joins.register_then import RegisterThen, cards_read
from cli.joins.school_calendar import SchoolCalendar
from cli.wiring import open_database
from devices.tables import devices

WATCH_EVERY = 200  # messages
LEAD_IN = timedelta(minutes=10)  # so that a condition that held already at the beginning is not called new


def replay_rules(
    settings: Settings,
    clock: Clock,
    rules: RuleSet,
    since: timedelta,
    guards: int,
    watch: Callable[[float], None] = lambda _share: None,
) -> Report:
    """Run ``rules`` over the last ``since`` of stored history and compare with what was raised.

    ``watch`` is told how far it has come, between 0 and 1, now and then; what it raises ends the replay.
    """
    until = clock.now()
    start = until - since
    roll_book, calendar = RollBook(settings.school.zone), SchoolCalendar(settings.school.zone)
    engine, store = open_database(settings), open_series(settings.series)
    try:
        with db.read(engine) as conn:
            sources = list(_sources(conn))
            schools = sorted({one.school for one in sources})
            metrics = sorted({metric for rule in rules.rules if (metric := _metric(rule)) is not None})
            told = history.heard(conn, schools, start - LEAD_IN, until)
            measured = readings(store, sources, metrics, start - LEAD_IN, until)
            names = SchoolNames(roll_book)
            cards = cards_read(conn, schools, start - LEAD_IN, until)
            register = RegisterThen(settings.school.zone)
            heard = _watched(in_order(measured, told, cards), start, since, watch)
            found = replay(rules, heard, until, conn, roll_book, names, calendar, register)
            then = raised(conn, schools, start, until)
    finally:
        store.close()
        engine.dispose()
    return compare([one for one in found if one.raised_at >= start], then, start, until, settings.school.zone, guards)


def _watched(
    heard: Iterable[Envelope], start: datetime, since: timedelta, watch: Callable[[float], None]
) -> Iterator[Envelope]:
    for number, envelope in enumerate(heard):
        if number % WATCH_EVERY == 0:
            watch(min(1.0, max(0.0, (envelope.received - start) / since)))
        yield envelope


def lines(report: Report) -> Iterator[str]:
    """The report as a person reads it."""
    yield f"From {_at(report.since)} to {_at(report.until)}: {report.alarms} alarms."
    yield (
        f"A guard ({report.guards} on duty) takes {report.per_guard_mean:.2f} alarms in 10 minutes, in the worst ones "
        f"{report.per_guard_worst:.1f}; {report.flood_minutes:.0f} minutes of flood (more than 10)."
    )
    for day, count in report.days.items():
        yield f"  {day}  {count}"
    for rule, figures in report.rules.items():
        share = "no outcome on record" if figures.precision is None else f"{figures.precision:.0%} true"
        yield (
            f"  {rule}: {figures.alarms} alarms, {figures.also_raised} of them raised then; "
            f"{figures.judged} judged, {share}"
        )
    for new in report.new:
        yield f"  new   {_at(new.raised_at)}  {new.rule}  {new.subject}"
    for gone in report.gone:
        yield f"  gone  {_at(gone.raised_at)}  {gone.rule}  {gone.subject}  {gone.outcome or ''}".rstrip()


def _sources(conn: sa.Connection) -> Iterator[Source]:
    query = sa.select(devices.c.school, devices.c.id, devices.c.kind, devices.c.place)
    for row in conn.execute(query.order_by(devices.c.school, devices.c.id)):
        yield Source(*row)


def _metric(rule: Rule) -> str | None:
    if isinstance(rule, ThresholdRule | RateRule | ChangeRule | AbsenceRule | HeadCountRule | TailgatingRule):
        return rule.metric
    return None


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
