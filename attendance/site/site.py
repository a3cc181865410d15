"""Who is on site: the state of each student, moved by passes, by the turn of the day and by the roll."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from attendance.evidence.directions import Passage
from attendance.evidence.passes import Holder, Key
from attendance.policy import Status
from attendance.register.marks import Entry
from attendance.register.tables import site_states
from attendance.tables import students
from campus import changes, db
from campus.keylists import ask, asked, matching

State = Literal["in", "out", "unknown"]
# What the roll says of the whereabouts of a student who never passed.
_BY_STATUS: Mapping[Status | None, State] = {"absent": "out", "on_leave": "out", "unknown": "unknown"}


class SiteState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a student is, why we think so, and when and where last seen."""

    school: str
    student: str
    class_id: str
    state: State
    why: str  # pass | day_start | no_pass_out | roll | corrected | undone
    at: datetime | None = None
    place: str | None = None


_FIELDS = SiteState.__struct_fields__  # school and student first


def after_passes(
    conn: sa.Connection, walks: Mapping[Key, Sequence[Passage]], holders: Iterable[Holder], now: datetime
) -> bool:
    """Move the students to where the last of their passages of the day left them; whether anybody moved."""
    found = [_after_walk(holder, walks.get(holder.key, ())) for holder in holders]
    return _keep(conn, [state for state in found if state], now)


def _after_walk(holder: Holder, passages: Sequence[Passage]) -> SiteState | None:
    if not passages:
        return None
    last = passages[-1]
    return SiteState(
        school=holder.school,
        student=holder.student,
        class_id=holder.class_id,
        state=last.direction,
        why="pass",
        at=last.tap.at,
        place=last.tap.place or last.tap.gate,
    )


def after_marks(conn: sa.Connection, entries: Iterable[Entry], day_start: datetime, now: datetime) -> bool:
    """Let new marks speak of students who did not pass since ``day_start``; whether anybody moved."""
    said = {
        (entry.school, entry.student): (entry, state)
        for entry in entries
        if (state := _BY_STATUS.get(entry.mark.status)) is not None
    }
    stored = _stored(conn, said)
    moved = [
        SiteState(
            school=entry.school,
            student=entry.student,
            class_id=entry.class_id,
            state=state,
            why="roll",
            at=old.at if old else None,
            place=old.place if old else None,
        )
        for key, (entry, state) in said.items()
        for old in [stored.get(key)]
        if old is None or old.at is None or old.at < day_start
    ]
    return _keep(conn, moved, now, stored)


def turn_day(conn: sa.Connection, school: str, day_start: datetime, now: datetime) -> None:
    """Begin a day: who never passed out yesterday is unknown, who was never seen is taken to be outside."""
    here = (site_states.c.school == school, site_states.c.state == "in", site_states.c.at < day_start)
    conn.execute(site_states.update().where(*here).values(state="unknown", why="no_pass_out"))
    stored = sa.select(site_states.c.student).where(site_states.c.school == school)
    query = sa.select(students.c.id, students.c.class_id).where(
        students.c.school == school, students.c.active, students.c.id.not_in(stored)
    )
    new = [
        SiteState(school=school, student=student, class_id=class_id or "", state="out", why="day_start")
        for student, class_id in conn.execute(query)
    ]
    _keep(conn, new, now)
    changes.append(conn, now, school, "site", "")


def set_state(conn: sa.Connection, state: SiteState, now: datetime) -> None:
    """Set one student's state, on a person's word."""
    _keep(conn, [state], now)


def state_of(conn: sa.Connection, school: str, student: str) -> SiteState | None:
    """The state of one student; None for one nothing is known of."""
    return _stored(conn, [(school, student)]).get((school, student))


def _stored(conn: sa.Connection, keys: Collection[Key]) -> dict[Key, SiteState]:
    states = (SiteState(**dict(zip(_FIELDS, row, strict=True))) for row in ask(conn, _states, keys))
    return {(one.school, one.student): one for one in states}


@cache
def _states(dialect: str) -> sa.Select[tuple[Any, ...]]:
    keys = asked(dialect, site_states.c.school, site_states.c.student)
    columns = [site_states.c[name] for name in _FIELDS]
    here = matching(keys, site_states.c.school, site_states.c.student)
    return sa.select(*columns).join_from(keys, site_states, here)


def _keep(
    conn: sa.Connection,
    states: Sequence[SiteState],
    now: datetime,
    stored: Mapping[Key, SiteState] | None = None,
) -> bool:
    """Store the states that differ from what is stored; the live stream hears once of each school."""
    if stored is None:
        stored = _stored(conn, [(state.school, state.student) for state in states])
    moved = [state for state in states if stored.get((state.school, state.student)) != state]
    if moved:
        rows = [msgspec.structs.asdict(state) for state in moved]
        db.upsert(site_states, conn, rows, _FIELDS[:2], _FIELDS[2:])
        changes.append_rows(conn, now, "site", [(school, "", "") for school in sorted({one.school for one in moved})])
    return bool(moved)
