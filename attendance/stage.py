"""Attendance's part in the pipeline: passes become marks, silence becomes doubt, and due sessions are decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import follow_ups, sightings, site
from attendance.directions import Passage
from attendance.due import claim_due, look_again, look_again_at, plan, session_of, unplanned
from attendance.marks import Entry
from attendance.passes import Holder, holders_of, moment_of, repair, store, taps_within, unseen
from attendance.register import ARRIVAL, GATE, OutageBook, Register
from attendance.schoolday import day_bounds, local_day
from attendance.sightings import Reader, card_of, readers_inside
from attendance.tables import enrolments, sessions, students
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.facts import DeviceReturned, DeviceSilent, MarkChanged, StudentPassed

# A gate that comes back hands in its passes in many messages: everybody else is decided again when it went quiet.
SETTLING = timedelta(seconds=15)


class _Arrivals(msgspec.Struct, frozen=True):
    """New passes of one school on one local day, with who made them and what their walks now look like."""

    school: str
    day: date
    envelopes: Sequence[Envelope]
    holders: Mapping[str, Holder]  # by credential
    walks: Mapping[str, Sequence[Passage]]  # by student

    def students(self) -> dict[str, Holder]:
        """Who passed, by student."""
        found = (self.holders.get(_card(envelope)) for envelope in self.envelopes)
        return {holder.student: holder for holder in found if holder}


class AttendanceStage:
    """Implements `campus.stage.Stage`. Keeps nothing in memory: the register is in the database."""

    name = "attendance"

    def __init__(self, book: OutageBook, zone: ZoneInfo) -> None:
        self._register = Register(book, zone)
        self._zone = zone

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Store the batch's passes, move their students, mark them, and note gates that fell silent or came back."""
        self._note_gates(conn, batch, now)
        facts: list[Envelope] = []
        for school, envelopes in _cards_by_school(batch).items():
            inside = readers_inside(conn, school)
            through = [one for one in envelopes if isinstance(one.body, GatePass) and one.device not in inside]
            fresh = unseen(conn, school, through) if through else []
            if fresh:
                facts += self._take(conn, school, fresh, now)
            within = [one for one in envelopes if one.device in inside or not isinstance(one.body, GatePass)]
            if within:
                facts += self._look_inside(conn, school, within, inside, now)
        return facts

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        """Plan the day where it is not planned yet, and decide the sessions that became due."""
        today = local_day(now, self._zone)
        for school in unplanned(conn, today):
            if plan(conn, school, today, now, self._zone):
                site.turn_day(conn, school, day_bounds(today, self._zone)[0], now)
                follow_ups.watch(conn, school, now, self._zone)
        anew, closing = claim_due(conn, now)
        entries = self._register.decide(conn, anew, now) if anew else []
        entries += self._register.decide(conn, closing, now, unsettled=True) if closing else []
        return self._tell(conn, entries, now)

    def committed(self) -> None:
        """Nothing is remembered."""

    def rolled_back(self) -> None:
        """Nothing is remembered."""

    def _look_inside(
        self, conn: sa.Connection, school: str, shown: Sequence[Envelope], inside: Mapping[str, Reader], now: datetime
    ) -> list[Envelope]:
        """Cards presented inside the site move nobody through a gate, but say who is in which room."""
        holders = holders_of(conn, school, {card for one in shown if (card := card_of(one))})
        sightings.store(conn, shown, inside, holders)
        facts: list[Envelope] = []
        for day, envelopes in self._by_day(shown).items():
            seen = {holder.student for one in envelopes if (holder := holders.get(card_of(one) or ""))}
            if seen:
                facts += self._mark(conn, school, day, seen, now)
        return facts

    def _note_gates(self, conn: sa.Connection, batch: Iterable[Envelope], now: datetime) -> None:
        """An outage known, or over, after a session closed changes what its absences mean."""
        for envelope in batch:
            body = envelope.body
            if isinstance(body, DeviceSilent) and body.kind == GATE:
                look_again(conn, envelope.school, body.since, now)
            elif isinstance(body, DeviceReturned) and body.kind == GATE:
                look_again_at(conn, envelope.school, body.silent_from, now, now + SETTLING)

    def _take(self, conn: sa.Connection, school: str, fresh: Sequence[Envelope], now: datetime) -> list[Envelope]:
        holders = holders_of(conn, school, {_card(envelope) for envelope in fresh})
        store(conn, fresh, holders)
        facts: list[Envelope] = []
        today = local_day(now, self._zone)
        for day, envelopes in self._by_day(fresh).items():
            arrivals = self._read_back(conn, school, day, envelopes, holders)
            if day == today:
                site.after_passes(conn, school, arrivals.walks, arrivals.students().values(), now)
            facts += _passed(arrivals, now)
            facts += self._mark(conn, school, day, set(arrivals.students()), now)
        spooled = [moment_of(envelope) for envelope in fresh if envelope.late]
        if spooled:
            look_again_at(conn, school, min(spooled), now, now + SETTLING)
        return facts

    def _read_back(
        self, conn: sa.Connection, school: str, day: date, envelopes: Sequence[Envelope], holders: Mapping[str, Holder]
    ) -> _Arrivals:
        start, end = day_bounds(day, self._zone)
        students = {holder.student for card in map(_card, envelopes) if (holder := holders.get(card))}
        taps = taps_within(conn, school, students, start, end)
        dismissal = self._register.dismissal(conn, school, day, taps.values())
        return _Arrivals(school, day, envelopes, holders, repair(conn, school, taps, dismissal))

    def _mark(self, conn: sa.Connection, school: str, day: date, students: set[str], now: datetime) -> list[Envelope]:
        """Decide the day's sessions of ``students`` anew: arrival always, the others once they have begun."""
        touched = [session_of(row) for row in conn.execute(_sessions_of(school, day, students, now))]
        return self._tell(conn, self._register.decide(conn, touched, now, only=students), now)

    def _tell(self, conn: sa.Connection, entries: Sequence[Entry], now: datetime) -> list[Envelope]:
        """The facts of new marks; marks of today also say where students are who did not pass."""
        today = local_day(now, self._zone)
        arrivals = (entry for entry in entries if entry.kind == ARRIVAL)
        of_today = [entry for entry in arrivals if entry.session.startswith(f"{today:%Y%m%d}-")]
        site.after_marks(conn, of_today, day_bounds(today, self._zone)[0], now)
        return [_changed(entry, now) for entry in entries if entry.mark.status and entry.mark.status != entry.old]

    def _by_day(self, envelopes: Iterable[Envelope]) -> dict[date, list[Envelope]]:
        days: dict[date, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            days[local_day(moment_of(envelope), self._zone)].append(envelope)
        return days


def _sessions_of(school: str, day: date, of: set[str], now: datetime) -> sa.Select[tuple[object, ...]]:
    home = sa.select(students.c.class_id).where(students.c.school == school, students.c.id.in_(of))
    taught = sa.select(enrolments.c.class_id).where(
        enrolments.c.school == school, enrolments.c.role == "student", enrolments.c.person.in_(of)
    )
    return sa.select(sessions).where(
        sessions.c.school == school,
        sessions.c.day == day,
        sa.or_(sessions.c.kind == ARRIVAL, sessions.c.opens_at <= now),
        sa.or_(sessions.c.class_id.in_(home), sessions.c.class_id.in_(taught)),
    )


def _cards_by_school(batch: Iterable[Envelope]) -> dict[str, list[Envelope]]:
    found: dict[str, list[Envelope]] = defaultdict(list)
    for envelope in batch:
        if card_of(envelope) is not None:
            found[envelope.school].append(envelope)
    return found


def _card(envelope: Envelope) -> str:
    assert isinstance(envelope.body, GatePass)
    return envelope.body.credential


def _passed(arrivals: _Arrivals, now: datetime) -> list[Envelope]:
    """One fact for each student who passed: the newest of the new passes, ``late`` when it is no news.

    A pass is no news when it was stored offline, when its time is suspect, or when a later one is known already. A
    repeated tap is no passage at all.
    """
    facts = []
    new = {envelope.id: envelope for envelope in arrivals.envelopes}
    for student, holder in arrivals.students().items():
        passages = arrivals.walks.get(student, ())
        mine = [one for one in passages if one.tap.id in new and not one.repeat]
        if not mine:
            continue
        newest, envelope = mine[-1], new[mine[-1].tap.id]
        later = [one for one in passages if not one.repeat and one.tap.at > newest.tap.at]
        late = envelope.late or envelope.clock_suspect or bool(later)
        body = StudentPassed(
            student=student, class_id=holder.class_id, direction=newest.direction, gate=envelope.device, late=late
        )
        facts.append(Envelope(source=envelope.source, body=body, at=newest.tap.at, received=now, late=late))
    return facts


def _changed(entry: Entry, now: datetime) -> Envelope:
    assert entry.mark.status is not None
    body = MarkChanged(
        student=entry.student,
        class_id=entry.class_id,
        session=entry.session,
        old=entry.old,
        status=entry.mark.status,
        why=entry.mark.why,
    )
    return Envelope(source=Source(entry.school, "attendance", "attendance"), body=body, at=now, received=now)
