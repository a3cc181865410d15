"""From days that changed to notices: gathers what is known of each, lets `telling` decide, and stores what is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.calendar.schoolday import day_bounds
from attendance.evidence.directions import Tap, walk
from attendance.guardians.looks import Look, claim
from attendance.guardians.notices import Arrival, Day, Decision, Drop, Gone, New, Step, Timing, Told
from attendance.guardians.tables import guardian_notices, guardian_profiles, guardian_wishes
from attendance.guardians.telling import steps
from attendance.register.tables import marks, passes, roll, sessions
from attendance.roster.tables import guardian_links, guardians
from attendance.tables import leave_requests
from campus.clock import from_ms
from campus.ids import new_id
from campus.keylists import ask, asked, matching

Key = tuple[str, str]  # school and student
_UNSENT = ("held", "waiting")


def look(conn: sa.Connection, timing: Timing, now: datetime) -> int:
    """Look at the days that changed; returns how many were looked at. In the caller's transaction."""
    found = claim(conn, now)
    for day, looks in groupby(sorted(found, key=lambda one: one.day), key=lambda one: one.day):
        _look_at(conn, day, {(one.school, one.student) for one in looks}, timing, now)
    return len(found)


def _look_at(conn: sa.Connection, day: date, of: Collection[Key], timing: Timing, now: datetime) -> None:
    days = _days(conn, day, of, timing)
    told = _told(conn, day, of)
    for (school, student, guardian), hearer in _hearers(conn, of).items():
        own = msgspec.structs.replace(timing, quiet=hearer.quiet or timing.quiet)
        before = told.get((school, student, guardian), [])
        known = days.get((school, student), Day(day=f"{day:%Y%m%d}"))
        _apply(conn, Look(school, student, day), guardian, steps(known, before, hearer.wants, own, now), now)


def _apply(conn: sa.Connection, day: Look, guardian: str, decided: Iterable[Step], now: datetime) -> None:
    whose = {**msgspec.structs.asdict(day), "guardian": guardian}
    for step in decided:
        if isinstance(step, Drop):
            here = (guardian_notices.c.id == step.id, guardian_notices.c.state.in_(_UNSENT))
            gone = {"state": "dropped", "why": step.why, "send_at": None}
            conn.execute(guardian_notices.update().where(*here).values(gone))
        else:
            conn.execute(guardian_notices.insert(), {**_row(step), **whose, "id": new_id(), "made_at": now})


def _row(new: New) -> dict[str, Any]:
    return {**msgspec.structs.asdict(new), "facts": dict(new.facts)}


# What is known of a day -----------------------------------------------------------------------------------------------


def _days(conn: sa.Connection, day: date, of: Collection[Key], timing: Timing) -> dict[Key, Day]:
    start, end = day_bounds(day, timing.zone)
    arrivals = {(row.school, row.student): _arrival(row) for row in ask(conn, _arrivals, of, day=day)}
    taps: dict[Key, list[Tap]] = defaultdict(list)
    for row in ask(conn, _passes, of, start=start, end=end):
        known = {"stated": row.direction, "late": row.late, "suspect": row.suspect}
        taps[row.school, row.student].append(Tap(id=row.id, at=row.at, gate=row.gate, place=None, **known))
    decisions: dict[Key, list[Decision]] = defaultdict(list)
    for row in ask(conn, _decisions, of, start=start, end=end):
        one = Decision(id=row.id, state=row.state, at=row.decided_at, starts=row.starts, ends=row.ends)
        decisions[row.school, row.student].append(one)
    return {
        key: Day(
            day=f"{day:%Y%m%d}",
            arrival=arrivals.get(key),
            passages=_passages(taps.get(key, ())),
            decisions=decisions.get(key, ()),
        )
        for key in of
    }


def _passages(taps: Sequence[Tap]) -> list[Gone]:
    """The passages that can be told: those whose time is somebody's knowledge; directions are repaired already."""
    sure = [one for one in taps if not one.suspect]
    return [Gone(id=one.tap.id, at=one.tap.at, direction=one.direction) for one in walk(sure, None) if not one.repeat]


def _arrival(row: sa.Row[tuple[Any, ...]]) -> Arrival:
    """The mark with the moment it speaks of: of the pass it rests on, or else of itself."""
    cells = row._mapping
    evidence: Mapping[str, Any] = cells["evidence"] or {}
    seen = evidence.get("at")
    at = from_ms(seen) if isinstance(seen, int) else cells["at"]
    return Arrival(status=cells["status"], why=cells["why"], at=at, by=cells["by"], minutes=evidence.get("minutes"))


def _told(conn: sa.Connection, day: date, of: Collection[Key]) -> dict[tuple[str, str, str], list[Told]]:
    found: dict[tuple[str, str, str], list[Told]] = defaultdict(list)
    for row in ask(conn, _notices, of, day=day):
        told = Told(**{name: row._mapping[name] for name in Told.__struct_fields__})
        found[row.school, row.student, row.guardian].append(told)
    return found


class _Hearer(msgspec.Struct, frozen=True):
    wants: frozenset[str]
    quiet: tuple[int, int] | None


def _hearers(conn: sa.Connection, of: Collection[Key]) -> dict[tuple[str, str, str], _Hearer]:
    """Every guardian of the students, with what they want to hear; also those who want nothing any more."""
    wants: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    quiet: dict[tuple[str, str, str], tuple[int, int] | None] = {}
    for school, student, guardian, kind, quiet_from, quiet_until in ask(conn, _wishes, of):
        key = school, student, guardian
        quiet[key] = (quiet_from, quiet_until) if quiet_from is not None and quiet_until is not None else None
        wants[key].update({kind} if kind else ())
    return {key: _Hearer(frozenset(wants[key]), quiet[key]) for key in quiet}


@cache
def _arrivals(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, roll.c.school, roll.c.student)
    current = sa.and_(
        marks.c.session == roll.c.session, marks.c.student == roll.c.student, marks.c.number == roll.c.number
    )
    columns = [marks.c[name] for name in ("student", "status", "why", "evidence", "by", "at")]
    return (
        sa.select(roll.c.school, *columns)
        .join_from(keys, roll, matching(keys, roll.c.school, roll.c.student))
        .join(sessions, sessions.c.id == roll.c.session)
        .join(marks, current)
        .where(sessions.c.day == sa.bindparam("day"), sessions.c.kind == "arrival")
    )


@cache
def _passes(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, passes.c.school, passes.c.student)
    within = passes.c.at >= sa.bindparam("start"), passes.c.at < sa.bindparam("end"), passes.c.direction.isnot(None)
    here = sa.and_(matching(keys, passes.c.school, passes.c.student), *within)
    columns = [passes.c[name] for name in ("school", "student", "id", "at", "gate", "direction", "late", "suspect")]
    return sa.select(*columns).join_from(keys, passes, here)


@cache
def _decisions(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, leave_requests.c.school, leave_requests.c.student)
    within = leave_requests.c.decided_at >= sa.bindparam("start"), leave_requests.c.decided_at < sa.bindparam("end")
    here = sa.and_(matching(keys, leave_requests.c.school, leave_requests.c.student), *within)
    columns = [leave_requests.c[name] for name in ("school", "student", "id", "state", "decided_at", "starts", "ends")]
    return sa.select(*columns).join_from(keys, leave_requests, here).order_by(leave_requests.c.decided_at)


@cache
def _notices(dialect: str) -> sa.Select[tuple[Any, ...]]:
    table = guardian_notices
    keys = asked(dialect, table.c.school, table.c.student)
    here = sa.and_(matching(keys, table.c.school, table.c.student), table.c.day == sa.bindparam("day"))
    columns = [table.c[name] for name in ("school", "student", "guardian", *Told.__struct_fields__)]
    return sa.select(*columns).join_from(keys, table, here).order_by(table.c.made_at, table.c.id)


@cache
def _wishes(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, guardian_links.c.school, guardian_links.c.student)
    mine = matching(keys, guardian_links.c.school, guardian_links.c.student)
    person = sa.and_(guardians.c.school == guardian_links.c.school, guardians.c.id == guardian_links.c.guardian)
    wish = sa.and_(guardian_wishes.c.school == guardians.c.school, guardian_wishes.c.guardian == guardians.c.id)
    profile = sa.and_(guardian_profiles.c.school == guardians.c.school, guardian_profiles.c.guardian == guardians.c.id)
    who = (guardian_links.c.school, guardian_links.c.student, guardian_links.c.guardian, guardian_wishes.c.kind)
    return (
        sa.select(*who, guardian_profiles.c.quiet_from, guardian_profiles.c.quiet_until)
        .join_from(keys, guardian_links, mine)
        .join(guardians, person)
        .outerjoin(guardian_wishes, wish)
        .outerjoin(guardian_profiles, profile)
    )
