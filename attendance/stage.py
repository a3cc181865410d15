"""Attendance's part in the pipeline: passes become marks, silence becomes doubt, and due sessions are decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import day_bounds, local_day
from attendance.evidence import sightings
from attendance.evidence.directions import Passage
from attendance.evidence.passes import Holder, Key, holders_of, moment_of, repair, store, taps_within, unseen
from attendance.evidence.sightings import Reader, card_of, readers_inside
from attendance.guardians import looks
from attendance.leave import follow_ups
from attendance.register.marks import Entry
from attendance.register.register import ARRIVAL, GATE, OutageBook, Register
from attendance.sessions.due import (
    AT_ONCE,
    PLANNED_AT_ONCE,
    claim_due,
    look_again,
    look_again_at,
    plan,
    sessions_of,
    unplanned,
)
from attendance.site import site
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.facts import DeviceReturned, DeviceSilent, MarkChanged, StudentPassed

# A gate that comes back hands in its passes in many messages: everybody else is decided again when it went quiet.
SETTLING = timedelta(seconds=15)


class _Arrivals(msgspec.Struct, frozen=True):
    """New passes of one local day, with who made them and what their walks now look like."""

    day: date
    envelopes: Sequence[Envelope]
    holders: Mapping[Key, Holder]  # by school and credential
    walks: Mapping[Key, Sequence[Passage]]  # by school and student

    def students(self) -> dict[Key, Holder]:
        """Who passed, by school and student."""
        found = (self.holders.get(_key(envelope)) for envelope in self.envelopes)
        return {holder.key: holder for holder in found if holder}


class AttendanceStage:
    """Implements `campus.stage.Stage`. Keeps nothing in memory: the register is in the database.

    A batch asks its questions for all its schools at once: a city's batch meets nearly as many schools as passes.
    """

    name = "attendance"

    def __init__(self, book: OutageBook, zone: ZoneInfo) -> None:
        self._register = Register(book, zone)
        self._zone = zone
        self._behind = False

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Store the batch's passes, move their students, mark them, and note gates that fell silent or came back."""
        self._note_gates(conn, batch, now)
        shown = [one for one in batch if card_of(one) is not None]
        if not shown:
            return []
        inside = readers_inside(conn, {one.school for one in shown})
        through: list[Envelope] = []
        within: list[Envelope] = []
        for one in shown:
            at_gate = isinstance(one.body, GatePass) and (one.school, one.device) not in inside
            (through if at_gate else within).append(one)
        facts: list[Envelope] = []
        if through and (fresh := unseen(conn, through)):
            facts += self._take(conn, fresh, now)
        if within:
            facts += self._look_inside(conn, within, inside, now)
        return facts

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        """Plan the day where it is not planned yet, and decide the sessions that became due."""
        today = local_day(now, self._zone)
        stale = unplanned(conn, today)
        for school in stale:
            if plan(conn, school, today, now, self._zone):
                site.turn_day(conn, school, day_bounds(today, self._zone)[0], now)
                follow_ups.watch(conn, school, now, self._zone)
        anew, closing = claim_due(conn, now)
        self._behind = len(anew) + len(closing) >= AT_ONCE or len(stale) >= PLANNED_AT_ONCE
        entries = self._register.decide(conn, anew, now) if anew else []
        entries += self._register.decide(conn, closing, now, unsettled=True) if closing else []
        return self._tell(conn, entries, now)

    def behind(self) -> bool:
        """Whether the last tick left schools to plan or sessions to decide: one transaction takes only so many."""
        return self._behind

    def committed(self) -> None:
        """Nothing is remembered."""

    def rolled_back(self) -> None:
        """What was due still is; the next tick says again whether it is too much for one."""
        self._behind = False

    def _look_inside(
        self, conn: sa.Connection, shown: Sequence[Envelope], inside: Mapping[Key, Reader], now: datetime
    ) -> list[Envelope]:
        """Cards presented inside the site move nobody through a gate, but say who is in which room."""
        holders = holders_of(conn, {_key(one) for one in shown})
        sightings.store(conn, shown, inside, holders)
        facts: list[Envelope] = []
        for day, envelopes in self._by_day(shown).items():
            seen = {holder.key for one in envelopes if (holder := holders.get(_key(one)))}
            if seen:
                facts += self._mark(conn, day, seen, now)
        return facts

    def _note_gates(self, conn: sa.Connection, batch: Iterable[Envelope], now: datetime) -> None:
        """An outage known, or over, after a session closed changes what its absences mean."""
        for envelope in batch:
            body = envelope.body
            if isinstance(body, DeviceSilent) and body.kind == GATE:
                look_again(conn, envelope.school, body.since, now)
            elif isinstance(body, DeviceReturned) and body.kind == GATE:
                look_again_at(conn, envelope.school, body.silent_from, now, now + SETTLING)

    def _take(self, conn: sa.Connection, fresh: Sequence[Envelope], now: datetime) -> list[Envelope]:
        holders = holders_of(conn, {_key(envelope) for envelope in fresh})
        store(conn, fresh, holders)
        facts: list[Envelope] = []
        today = local_day(now, self._zone)
        for day, envelopes in self._by_day(fresh).items():
            arrivals = self._read_back(conn, day, envelopes, holders)
            if day == today:
                site.after_passes(conn, arrivals.walks, arrivals.students().values(), now)
            looks.note(conn, {looks.Look(*key, day) for key in arrivals.students()}, now)
            facts += _passed(arrivals, now)
            facts += self._mark(conn, day, set(arrivals.students()), now)
        for school, since in _spooled_since(fresh).items():
            look_again_at(conn, school, since, now, now + SETTLING)
        return facts

    def _read_back(
        self, conn: sa.Connection, day: date, envelopes: Sequence[Envelope], holders: Mapping[Key, Holder]
    ) -> _Arrivals:
        start, end = day_bounds(day, self._zone)
        students = {holder.key for one in envelopes if (holder := holders.get(_key(one)))}
        taps = taps_within(conn, students, start, end)
        dismissals = self._register.dismissals(conn, day, taps)
        return _Arrivals(day, envelopes, holders, repair(conn, taps, dismissals))

    def _mark(self, conn: sa.Connection, day: date, students: set[Key], now: datetime) -> list[Envelope]:
        """Decide the day's sessions of ``students`` anew: arrival always, the others once they have begun."""
        touched = sessions_of(conn, day, students, now)
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


def _spooled_since(fresh: Iterable[Envelope]) -> dict[str, datetime]:
    """The first of the passes that each school's gates had stored while offline."""
    found: dict[str, datetime] = {}
    for envelope in fresh:
        if envelope.late:
            at = moment_of(envelope)
            found[envelope.school] = min(at, found.get(envelope.school, at))
    return found


def _key(envelope: Envelope) -> Key:
    """School and card."""
    return envelope.school, card_of(envelope) or ""


def _passed(arrivals: _Arrivals, now: datetime) -> list[Envelope]:
    """One fact for each student who passed: the newest of the new passes, ``late`` when it is no news.

    A pass is no news when it was stored offline, when its time is suspect, or when a later one is known already. A
    repeated tap is no passage at all.
    """
    facts = []
    new = {(envelope.school, envelope.id): envelope for envelope in arrivals.envelopes}
    for (school, student), holder in arrivals.students().items():
        passages = arrivals.walks.get((school, student), ())
        mine = [one for one in passages if (school, one.tap.id) in new and not one.repeat]
        if not mine:
            continue
        newest, envelope = mine[-1], new[school, mine[-1].tap.id]
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
