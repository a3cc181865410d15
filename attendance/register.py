"""The register: gathers what is known of sessions, lets the policy decide, and appends the marks that are new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.daybook import school_day
from attendance.directions import Passage, Tap, walk
from attendance.due import Session
from attendance.leave import leaves_within
from attendance.marks import Entry, append, lock, standings
from attendance.passes import spooled_within, taps_within
from attendance.policy import LeaveSpan, Mark, Outage, Sighting, Standing, arrival_mark, hiding, next_mark
from attendance.schoolday import day_bounds, moment
from attendance.tables import students

GATE = "gate"


class OutageBook(Protocol):
    """What attendance asks of the devices: when the devices of a kind could not be heard."""

    def outages(self, conn: sa.Connection, school: str, kind: str, start: datetime, end: datetime) -> Sequence[Outage]:
        """The outages that reach into ``start`` to ``end``; ``end`` of one is None while it lasts."""
        ...


class _Known(msgspec.Struct, frozen=True):
    """What is known of some sessions of one school on one day."""

    pupils: Mapping[str, Sequence[str]]  # students by class
    taps: Mapping[str, Sequence[Tap]]
    leaves: Mapping[str, Sequence[LeaveSpan]]
    standings: Mapping[tuple[str, str], Standing]
    dismissal: datetime | None

    def missing(self, until: datetime) -> bool:
        """Whether some student never passed up to ``until``."""
        return any(
            not any(tap.at <= until for tap in self.taps.get(student, ()))
            for own in self.pupils.values()
            for student in own
        )


class Register:
    """Decides sessions anew from all evidence, whenever some of it changed. Writes; opens no transaction."""

    def __init__(self, book: OutageBook, zone: ZoneInfo) -> None:
        self._book = book
        self._zone = zone

    def decide(
        self, conn: sa.Connection, due: Sequence[Session], now: datetime, only: Collection[str] | None = None
    ) -> list[Entry]:
        """Decide ``due`` sessions, for all their students or ``only`` some; append what is new and return it."""
        entries: list[Entry] = []
        for (school, day), group in _by_day(due).items():
            lock(conn, [session.id for session in group])
            known = self._gather(conn, school, day, group, only)
            outages = self._hiding(conn, school, group, known, now)
            entries += _new_entries(group, known, outages, now)
        append(conn, entries, now)
        return entries

    def _gather(
        self, conn: sa.Connection, school: str, day: date, group: Sequence[Session], only: Collection[str] | None
    ) -> _Known:
        pupils = _pupils(conn, school, {session.class_id for session in group}, only)
        everyone = [student for own in pupils.values() for student in own]
        start, end = day_bounds(day, self._zone)
        taps = taps_within(conn, school, everyone, start, end)
        return _Known(
            pupils=pupils,
            taps=taps,
            leaves=leaves_within(conn, school, everyone, start, end),
            standings=standings(conn, [session.id for session in group], everyone),
            dismissal=self.dismissal(conn, school, day, taps.values()),
        )

    def dismissal(self, conn: sa.Connection, school: str, day: date, taps: Iterable[Iterable[Tap]]) -> datetime | None:
        """When dismissal begins; looked up only when a tap does not say its direction."""
        if all(tap.stated for own in taps for tap in own):
            return None
        shape = school_day(conn, school, day)
        bells = shape.of_kind("dismissal") if shape else []
        return moment(day, bells[0].starts, self._zone) if bells else None

    def _hiding(
        self, conn: sa.Connection, school: str, group: Sequence[Session], known: _Known, now: datetime
    ) -> list[Outage]:
        """Outages matter only for sessions that close and for students who never passed."""
        closing = [session.window for session in group if session.window.closes_at <= now]
        if not closing or not known.missing(max(window.until_at for window in closing)):
            return []
        start = min(window.opens_at for window in closing)
        end = max(window.closes_at for window in closing)
        outages = self._book.outages(conn, school, GATE, start, end)
        over = [(outage.start, outage.end, outage.device) for outage in outages if outage.end is not None]
        if not over:
            return list(outages)
        reach = min(start for start, _, _ in over), max(end for _, end, _ in over)
        return hiding(outages, spooled_within(conn, school, {gate for _, _, gate in over}, *reach))


def _new_entries(group: Sequence[Session], known: _Known, outages: Sequence[Outage], now: datetime) -> list[Entry]:
    entries = []
    for session in group:
        for student in known.pupils.get(session.class_id, ()):
            taps = known.taps.get(student, ())
            sightings = _sightings(taps, walk(taps, known.dismissal))
            proposed = arrival_mark(sightings, session.window, known.leaves.get(student, ()), outages, now)
            standing = known.standings.get((session.id, student))
            mark = next_mark(standing, proposed)
            if mark is not None:
                entries.append(entry_of(session, student, standing, mark))
    return entries


def _sightings(taps: Iterable[Tap], passages: Iterable[Passage]) -> list[Sighting]:
    """Every passage, and the taps that have no place in the walk, which are all suspect."""
    placed = [Sighting(one.tap.at, one.tap.gate, one.direction, one.tap.suspect) for one in passages]
    return placed + [Sighting(tap.at, tap.gate, "in", suspect=True) for tap in taps if tap.late and tap.suspect]


def entry_of(session: Session, student: str, standing: Standing | None, mark: Mark, *, held: bool = False) -> Entry:
    """The next entry of a student in a session."""
    return Entry(
        session=session.id,
        school=session.school,
        class_id=session.class_id,
        student=student,
        number=standing.number + 1 if standing else 1,
        old=standing.mark.status if standing else None,
        mark=mark,
        held=held,
    )


def _pupils(
    conn: sa.Connection, school: str, classes: Collection[str], only: Collection[str] | None
) -> dict[str, list[str]]:
    query = sa.select(students.c.class_id, students.c.id).where(
        students.c.school == school, students.c.class_id.in_(classes), students.c.active
    )
    if only is not None:
        query = query.where(students.c.id.in_(only))
    found: dict[str, list[str]] = defaultdict(list)
    for class_id, student in conn.execute(query.order_by(students.c.id)):
        found[class_id].append(student)
    return found


def _by_day(due: Iterable[Session]) -> dict[tuple[str, date], list[Session]]:
    groups: dict[tuple[str, date], list[Session]] = defaultdict(list)
    for session in sorted(due, key=lambda one: one.id):
        groups[session.school, session.day].append(session)
    return groups
