"""Incidents: an evacuation or a lockdown, or a drill of one, with a muster of everybody who has to be accounted for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from alerts.incidents.tables import incidents, muster, muster_steps
from campus import changes
from campus.errors import Conflict, NotFound
from campus.ids import new_id

Kind = Literal["evacuation", "lockdown"]
# open: nobody has said anything; seen: somebody saw the student in safety; away: known not to be at school; missing:
# looked for and not found.
State = Literal["open", "seen", "away", "missing"]
Before = Literal["in", "unknown"]
SAFE: frozenset[State] = frozenset({"seen", "away"})
_NOTE_LIMIT = 500


class Person(msgspec.Struct, frozen=True):
    """A student who was on site, or may have been, when the incident began."""

    student: str
    class_id: str
    before: Before


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident; ``exercise`` tells a drill, ``alarm`` the alarm that it began with, if any."""

    id: str
    school: str
    kind: Kind
    exercise: bool
    alarm: str | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str | None
    note: str


class MusterLine(msgspec.Struct, frozen=True, kw_only=True):
    """How far one student is accounted for: since when, and by whose word."""

    student: str
    class_id: str
    before: Before
    state: State
    at: datetime | None
    by: str | None


def begin(
    conn: sa.Connection,
    school: str,
    kind: Kind,
    people: Iterable[Person],
    by: str,
    now: datetime,
    *,
    exercise: bool = False,
    alarm: str | None = None,
) -> Incident:
    """Open an incident with everybody who has to be accounted for; raises `Conflict` while another one runs."""
    if (running := current(conn, school)) is not None:
        raise Conflict(f"an incident runs since {running.opened_at:%H:%M} UTC; end it first")
    incident = Incident(
        id=new_id(), school=school, kind=kind, exercise=exercise, alarm=alarm, opened_at=now, opened_by=by,
        closed_at=None, closed_by=None, note="",
    )  # fmt: skip
    conn.execute(incidents.insert().values(msgspec.structs.asdict(incident)))
    rows = [
        {
            "incident": incident.id,
            "student": one.student,
            "class_id": one.class_id,
            "before": one.before,
            "state": "open",
        }
        for one in people
    ]
    if rows:
        conn.execute(muster.insert(), rows)
    changes.append(conn, now, school, "muster", incident.id)
    return incident


def account(
    conn: sa.Connection,
    incident: Incident,
    students: Collection[str],
    state: State,
    by: str,
    now: datetime,
    said_at: datetime | None = None,
) -> int:
    """Say of ``students`` that they are in ``state``; return of how many that is news.

    Several people may do so at once. ``said_at``: when it was said, where the way to us took a while; of whom somebody
    else has spoken since, that stands. Raises `NotFound` for a student who is not of this muster, `Conflict` when the
    incident has ended.
    """
    if incident.closed_at is not None:
        raise Conflict("the incident has ended; its muster is closed")
    here = (muster.c.incident == incident.id, muster.c.student.in_(students))
    known = {row.student: row for row in conn.execute(sa.select(muster).where(*here))}
    if strangers := sorted(set(students) - set(known)):
        raise NotFound(f"student {strangers[0]!r} is not of this muster")
    news = [row for row in known.values() if row.state != state and not _overtaken(row, by, said_at)]
    if not news:
        return 0
    conn.execute(
        muster.update()
        .where(muster.c.incident == incident.id, muster.c.student.in_([row.student for row in news]))
        .values(state=state, at=now, by=by)
    )
    steps = [
        {"incident": incident.id, "student": row.student, "old": row.state, "new": state, "at": now, "by": by}
        for row in news
    ]
    conn.execute(muster_steps.insert(), steps)
    touched = sorted({row.class_id for row in news})
    keys = [(f"{incident.id}:{class_id}", class_id) for class_id in touched]
    changes.append_all(conn, now, incident.school, "muster", keys)
    return len(news)


def _overtaken(row: sa.Row[Any], by: str, said_at: datetime | None) -> bool:
    """Whether somebody other than ``by`` has spoken of a student after ``said_at``."""
    return said_at is not None and row.at is not None and row.by not in (None, by) and row.at > said_at


def end(conn: sa.Connection, incident: Incident, by: str, now: datetime, note: str = "") -> Incident:
    """All clear: close the incident; raises `Conflict` when it has ended before."""
    if incident.closed_at is not None:
        raise Conflict("the incident has ended already")
    ended = msgspec.structs.replace(incident, closed_at=now, closed_by=by, note=note.strip()[:_NOTE_LIMIT])
    values = {"closed_at": now, "closed_by": by, "note": ended.note}
    conn.execute(incidents.update().where(incidents.c.id == incident.id).values(values))
    changes.append(conn, now, incident.school, "muster", incident.id)
    return ended


def current(conn: sa.Connection, school: str) -> Incident | None:
    """The incident that runs, if any."""
    row = conn.execute(
        sa.select(incidents).where(incidents.c.school == school, incidents.c.closed_at.is_(None))
    ).first()
    return Incident(**row._mapping) if row else None


def incident(conn: sa.Connection, school: str, incident_id: str) -> Incident:
    """One incident; raises `NotFound`."""
    row = conn.execute(sa.select(incidents).where(incidents.c.school == school, incidents.c.id == incident_id)).first()
    if row is None:
        raise NotFound(f"school {school!r} has no incident {incident_id!r}")
    return Incident(**row._mapping)


def past(conn: sa.Connection, school: str, limit: int = 10) -> list[Incident]:
    """The incidents that have ended, the last one first."""
    ended = (incidents.c.school == school, incidents.c.closed_at.is_not(None))
    query = sa.select(incidents).where(*ended).order_by(incidents.c.opened_at.desc()).limit(limit)
    return [Incident(**row._mapping) for row in conn.execute(query)]


def lines(conn: sa.Connection, incident_id: str) -> list[MusterLine]:
    """Everybody of the muster, by class and student."""
    columns = [muster.c[name] for name in MusterLine.__struct_fields__]
    query = sa.select(*columns).where(muster.c.incident == incident_id).order_by(muster.c.class_id, muster.c.student)
    return [MusterLine(**row._mapping) for row in conn.execute(query)]
