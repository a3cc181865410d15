"""The register: gathers what is known of sessions, lets the policy decide, and appends the marks that are new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.daybook import school_days
from attendance.calendar.schoolday import Bell, SchoolDay, day_bounds, local_day, moment
from attendance.evidence.directions import Passage, Tap, walk
from attendance.evidence.passes import Key, spooled_within, taps_within
from attendance.evidence.sightings import NOTHING_SEEN, Reader, Seen, readers_inside, seen_within
from attendance.leave.leave import leaves_within
from attendance.policy import LeaveSpan, Mark, Outage, Sighting, Standing, arrival_mark, hiding, next_mark
from attendance.register.marks import Entry, append, lock, standings
from attendance.sessions.due import Session
from attendance.sessions.groups import Group, in_groups
from attendance.sessions.presence import Case, Trail, session_mark
from attendance.sessions.pupils import boarding, pupils_of, still_open, vouched_for

GATE = "gate"
ARRIVAL = "arrival"


class OutageBook(Protocol):
    """What attendance asks of the devices: when the devices of a kind could not be heard."""

    def outages_of(
        self, conn: sa.Connection, schools: Collection[str], kind: str, start: datetime, end: datetime
    ) -> Mapping[str, Sequence[Outage]]:
        """The outages at each school that reach into ``start`` to ``end``; ``end`` of one is None while it lasts."""
        ...


class _Known(msgspec.Struct, frozen=True):
    """What is known of some sessions of one day; students are keys of school and id."""

    pupils: Mapping[str, Sequence[str]]  # students by session
    taps: Mapping[Key, Sequence[Tap]]
    boarders: Collection[Key]
    seen: Mapping[Key, Seen]  # beyond arrival of everybody, at arrival of boarders
    vouched: Collection[Key]
    leaves: Mapping[Key, Sequence[LeaveSpan]]
    standings: Mapping[tuple[str, str], Standing]
    dismissals: Mapping[str, datetime | None]  # by school
    since: Mapping[str, datetime]  # by school: when the evidence of the day begins; needed beyond arrival
    elsewhere: Mapping[tuple[str, str], Group]  # by session and student: who sits in a group meanwhile


class Register:
    """Decides sessions anew from all evidence, whenever some of it changed. Writes; opens no transaction.

    Every question is asked once for all schools of a day, so that what a city's morning costs is its passes.
    """

    def __init__(self, book: OutageBook, zone: ZoneInfo) -> None:
        self._book = book
        self._zone = zone

    def decide(
        self,
        conn: sa.Connection,
        due: Sequence[Session],
        now: datetime,
        only: Collection[Key] | None = None,
        *,
        unsettled: bool = False,
    ) -> list[Entry]:
        """Decide ``due`` sessions for all their students, ``only`` some, or the ``unsettled``: who have no status yet.

        What is new is appended and returned.
        """
        entries: list[Entry] = []
        for day, group in _by_day(due).items():
            lock(conn, [session.id for session in group])
            pupils, marked = still_open(conn, group) if unsettled else (pupils_of(conn, group, only), None)
            if any(pupils.values()):
                elsewhere = in_groups(conn, group, pupils, local_day(now, self._zone))
                known = self._gather(conn, day, group, pupils, marked, elsewhere)
                entries += _new_entries(group, known, self._hiding(conn, group, known, now), now)
        append(conn, entries, now)
        return entries

    def dismissals(
        self, conn: sa.Connection, day: date, taps: Mapping[Key, Iterable[Tap]]
    ) -> dict[str, datetime | None]:
        """When dismissal begins, by school; looked up only where a tap does not say its direction."""
        asked = {school for (school, _), own in taps.items() if any(tap.stated is None for tap in own)}
        shapes = school_days(conn, asked, day) if asked else {}
        return {school: self._begins(shape, shape.of_kind("dismissal")) for school, shape in shapes.items()}

    def _gather(
        self,
        conn: sa.Connection,
        day: date,
        group: Sequence[Session],
        pupils: Mapping[str, Sequence[str]],
        marked: Collection[tuple[str, str]] | None,
        elsewhere: Mapping[tuple[str, str], Group],
    ) -> _Known:
        """``marked``: who has marks, as (session, student), where that is known already."""
        if marked is None:
            marked = [(session, student) for session, own in pupils.items() for student in own]
        everyone = {(session.school, student) for session in group for student in pupils[session.id]}
        start, end = day_bounds(day, self._zone)
        taps = taps_within(conn, everyone, start, end)
        beyond = {session.school for session in group if session.kind != ARRIVAL}
        boarders = boarding(conn, {session.school for session in group}, everyone)
        return _Known(
            pupils=pupils,
            taps=taps,
            boarders=boarders,
            seen=seen_within(conn, everyone if beyond else boarders, start, end) if beyond or boarders else {},
            vouched=vouched_for(conn, day, everyone) if beyond else (),
            leaves=leaves_within(conn, everyone, start, end),
            standings=standings(conn, marked),
            dismissals=self.dismissals(conn, day, taps),
            since=self._since(conn, beyond, day) if beyond else {},
            elsewhere=elsewhere,
        )

    def _since(self, conn: sa.Connection, schools: Collection[str], day: date) -> dict[str, datetime]:
        """When the gates open, which is when a student's day may begin."""
        shapes = school_days(conn, schools, day)
        begun = {school: self._begins(one, one.of_kind(ARRIVAL) or one.bells) for school, one in shapes.items()}
        return {school: at for school, at in begun.items() if at is not None}

    def _begins(self, shape: SchoolDay, bells: Sequence[Bell]) -> datetime | None:
        return moment(shape.day, bells[0].starts, self._zone) if bells else None

    def _hiding(self, conn: sa.Connection, group: Sequence[Session], known: _Known, now: datetime) -> _Hidden:
        """Outages matter only for sessions that close and for students who never passed."""
        closing = [one for one in group if one.window.closes_at <= now and _doubtful(one, known)]
        if not closing:
            return _NOTHING_HIDDEN
        schools = {session.school for session in closing}
        opening = [session.window.opens_at for session in closing]
        start = min([*opening, *(known.since[school] for school in schools if school in known.since)])
        end = max(session.window.closes_at for session in closing)
        outages = self._book.outages_of(conn, schools, GATE, start, end)
        if not any(outages.values()):
            return _NOTHING_HIDDEN
        return _Hidden(_still_hiding(conn, outages), readers_inside(conn, outages))


class _Hidden(msgspec.Struct, frozen=True):
    """What may have hidden students: outages by school, and which devices stand inside a site."""

    outages: Mapping[str, Sequence[Outage]]
    inside: Mapping[Key, Reader]

    def from_session(self, session: Session) -> tuple[list[Outage], list[Outage]]:
        """The outages that matter to it, of day students and of boarders.

        Of the dormitory's doors at night, of the site's gates otherwise, which a boarder need not pass: the doors hide
        boarders by day, too.
        """
        own = self.outages.get(session.school, ())
        readers = [(one, self.inside.get((session.school, one.device))) for one in own]
        doors = [one for one, reader in readers if _is_door(reader)]
        if session.kind == "night":
            return doors, doors
        gates = [one for one, reader in readers if reader is None]
        return gates, [*gates, *doors]


_NOTHING_HIDDEN = _Hidden({}, {})


def _doubtful(session: Session, known: _Known) -> bool:
    """Whether an outage may speak of a student in the session: at night always, else of those without a pass."""
    until = session.window.until_at
    return session.kind == "night" or any(
        not any(tap.at <= until for tap in known.taps.get((session.school, student), ()))
        for student in known.pupils[session.id]
    )


def _still_hiding(conn: sa.Connection, outages: Mapping[str, Sequence[Outage]]) -> dict[str, list[Outage]]:
    """The outages less those whose gates handed in what they had stored."""
    over = [(school, one) for school, own in outages.items() for one in own if one.end is not None]
    if not over:
        return {school: list(own) for school, own in outages.items()}
    gates = {(school, one.device) for school, one in over}
    start, end = min(one.start for _, one in over), max(one.end for _, one in over if one.end is not None)
    spooled = spooled_within(conn, gates, start, end)
    return {
        school: hiding(own, {one.device: spooled.get((school, one.device), ()) for one in own})
        for school, own in outages.items()
    }


def _new_entries(group: Sequence[Session], known: _Known, hidden: _Hidden, now: datetime) -> list[Entry]:
    entries = []
    for session in group:
        of_day, of_boarders = hidden.from_session(session)
        for student in known.pupils[session.id]:
            outages = of_day
            if known.boarders and (session.school, student) in known.boarders:
                outages = of_boarders
            proposed = _propose(session, student, known, outages, now)
            standing = known.standings.get((session.id, student))
            mark = next_mark(standing, proposed)
            if mark is not None:
                entries.append(entry_of(session, student, standing, mark))
    return entries


def _is_door(reader: Reader | None) -> bool:
    return reader is not None and reader.scope == "dormitory"


def _propose(session: Session, student: str, known: _Known, outages: Sequence[Outage], now: datetime) -> Mark:
    """What the evidence known now says of one student in one session."""
    group = known.elsewhere.get((session.id, student))
    if group is not None:
        return Mark(status="not_required", why="in_group", evidence={"group": group.id, "title": group.title})
    key = session.school, student
    taps, leave = known.taps.get(key, ()), known.leaves.get(key, ())
    gates = _sightings(taps, walk(taps, known.dismissals.get(session.school)))
    seen = known.seen.get(key, NOTHING_SEEN) if known.seen else NOTHING_SEEN
    dorm = seen.dorm if key in known.boarders else ()
    if session.kind == ARRIVAL:
        return arrival_mark(gates, session.window, leave, outages, now, dorm)
    trail = Trail(gates=gates, rooms=seen.rooms.get(session.room or "", ()), dorm=dorm, vouched=key in known.vouched)
    since = min(known.since.get(session.school, session.window.opens_at), session.window.opens_at)
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


def _by_day(due: Iterable[Session]) -> dict[date, list[Session]]:
    groups: dict[date, list[Session]] = defaultdict(list)
    for session in sorted(due, key=lambda one: one.id):
        groups[session.day].append(session)
    return groups
