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
from attendance.presence import Case, Trail, session_mark
from attendance.pupils import pupils_of, vouched_for, without_status
from attendance.schoolday import day_bounds, moment
from attendance.sightings import NOTHING_SEEN, Reader, Seen, readers_inside, seen_within

GATE = "gate"
ARRIVAL = "arrival"


class OutageBook(Protocol):
    """What attendance asks of the devices: when the devices of a kind could not be heard."""

    def outages(self, conn: sa.Connection, school: str, kind: str, start: datetime, end: datetime) -> Sequence[Outage]:
        """The outages that reach into ``start`` to ``end``; ``end`` of one is None while it lasts."""
        ...


class _Known(msgspec.Struct, frozen=True):
    """What is known of some sessions of one school on one day."""

    pupils: Mapping[str, Sequence[str]]  # students by session
    taps: Mapping[str, Sequence[Tap]]
    seen: Mapping[str, Seen]
    vouched: Collection[str]
    leaves: Mapping[str, Sequence[LeaveSpan]]
    standings: Mapping[tuple[str, str], Standing]
    dismissal: datetime | None
    since: datetime | None  # when the evidence of the day begins; needed beyond arrival

    def missing(self, until: datetime) -> bool:
        """Whether some student never passed up to ``until``."""
        everyone = {student for own in self.pupils.values() for student in own}
        return any(not any(tap.at <= until for tap in self.taps.get(student, ())) for student in everyone)


class Register:
    """Decides sessions anew from all evidence, whenever some of it changed. Writes; opens no transaction."""

    def __init__(self, book: OutageBook, zone: ZoneInfo) -> None:
        self._book = book
        self._zone = zone

    def decide(
        self,
        conn: sa.Connection,
        due: Sequence[Session],
        now: datetime,
        only: Collection[str] | None = None,
        *,
        unsettled: bool = False,
    ) -> list[Entry]:
        """Decide ``due`` sessions, for all their students, ``only`` some, or the ``unsettled``: who have no status yet.

        What is new is appended and returned.
        """
        entries: list[Entry] = []
        for (school, day), group in _by_day(due).items():
            lock(conn, [session.id for session in group])
            pupils = pupils_of(conn, school, group, only)
            if unsettled:
                pupils = without_status(conn, pupils)
            known = self._gather(conn, school, day, group, pupils)
            outages = self._hiding(conn, school, group, known, now)
            inside = readers_inside(conn, school) if outages else {}
            entries += _new_entries(group, known, outages, inside, now)
        append(conn, entries, now)
        return entries

    def _gather(
        self, conn: sa.Connection, school: str, day: date, group: Sequence[Session], pupils: Mapping[str, Sequence[str]]
    ) -> _Known:
        everyone = sorted({student for own in pupils.values() for student in own})
        start, end = day_bounds(day, self._zone)
        taps = taps_within(conn, school, everyone, start, end)
        beyond = any(session.kind != ARRIVAL for session in group)
        return _Known(
            pupils=pupils,
            taps=taps,
            seen=seen_within(conn, school, everyone, start, end) if beyond else {},
            vouched=vouched_for(conn, school, day, everyone) if beyond else (),
            leaves=leaves_within(conn, school, everyone, start, end),
            standings=standings(conn, [session.id for session in group], everyone),
            dismissal=self.dismissal(conn, school, day, taps.values()),
            since=self._since(conn, school, day) if beyond else None,
        )

    def _since(self, conn: sa.Connection, school: str, day: date) -> datetime | None:
        """When the gates open, which is when a student's day may begin."""
        shape = school_day(conn, school, day)
        bells = (shape.of_kind(ARRIVAL) or list(shape.bells)) if shape else []
        return moment(day, bells[0].starts, self._zone) if bells else None

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
        by_night = any(session.kind == "night" for session in group)
        if not closing or not (by_night or known.missing(min(window.until_at for window in closing))):
            return []
        start = min([window.opens_at for window in closing] + ([known.since] if known.since else []))
        end = max(window.closes_at for window in closing)
        outages = self._book.outages(conn, school, GATE, start, end)
        over = [(outage.start, outage.end, outage.device) for outage in outages if outage.end is not None]
        if not over:
            return list(outages)
        reach = min(start for start, _, _ in over), max(end for _, end, _ in over)
        return hiding(outages, spooled_within(conn, school, {gate for _, _, gate in over}, *reach))


def _new_entries(
    group: Sequence[Session],
    known: _Known,
    outages: Sequence[Outage],
    inside: Mapping[str, Reader],
    now: datetime,
) -> list[Entry]:
    at_gates = [outage for outage in outages if outage.device not in inside]
    at_doors = [outage for outage in outages if _is_door(inside.get(outage.device))]
    entries = []
    for session in group:
        hiding_here = at_doors if session.kind == "night" else at_gates
        for student in known.pupils[session.id]:
            proposed = _propose(session, student, known, hiding_here, now)
            standing = known.standings.get((session.id, student))
            mark = next_mark(standing, proposed)
            if mark is not None:
                entries.append(entry_of(session, student, standing, mark))
    return entries


def _is_door(reader: Reader | None) -> bool:
    return reader is not None and reader.scope == "dormitory"


def _propose(session: Session, student: str, known: _Known, outages: Sequence[Outage], now: datetime) -> Mark:
    """What the evidence known now says of one student in one session."""
    taps, leave = known.taps.get(student, ()), known.leaves.get(student, ())
    gates = _sightings(taps, walk(taps, known.dismissal))
    if session.kind == ARRIVAL:
        return arrival_mark(gates, session.window, leave, outages, now)
    seen = known.seen.get(student, NOTHING_SEEN)
    trail = Trail(
        gates=gates, rooms=seen.rooms.get(session.room or "", ()), dorm=seen.dorm, vouched=student in known.vouched
    )
    since = min(known.since or session.window.opens_at, session.window.opens_at)
    case = Case(window=session.window, leave=leave, outages=outages, since=since, now=now)
    return session_mark(session.kind, trail, case)


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
        kind=session.kind,
        student=student,
        number=standing.number + 1 if standing else 1,
        old=standing.mark.status if standing else None,
        mark=mark,
        held=held,
    )


def _by_day(due: Iterable[Session]) -> dict[tuple[str, date], list[Session]]:
    groups: dict[tuple[str, date], list[Session]] = defaultdict(list)
    for session in sorted(due, key=lambda one: one.id):
        groups[session.school, session.day].append(session)
    return groups
