"""Where every student of a school is, or was last seen: what an evacuation needs to know at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.register.tables import site_states
from attendance.site.site import State
from attendance.tables import students


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """A student: in, out or unknown, with the last pass. ``class_id`` is empty for one without a class."""

    student: str
    name: str
    class_id: str
    state: State
    seen_at: datetime | None
    place: str | None


def whereabouts(conn: sa.Connection, school: str, classes: Collection[str] | None = None) -> list[Whereabouts]:
    """Every active student of the school, or of ``classes`` alone; one query, whatever the size of the school."""
    same = sa.and_(site_states.c.school == students.c.school, site_states.c.student == students.c.id)
    query = (
        sa.select(
            students.c.id.label("student"),
            students.c.name,
            sa.func.coalesce(students.c.class_id, "").label("class_id"),
            sa.func.coalesce(site_states.c.state, "unknown").label("state"),
            site_states.c.at.label("seen_at"),
            site_states.c.place,
        )
        .join_from(students, site_states, same, isouter=True)
        .where(students.c.school == school, students.c.active)
        .order_by(students.c.class_id, students.c.id)
    )
    if classes is not None:
        query = query.where(students.c.class_id.in_(classes))
    return [
        Whereabouts(student=student, name=name, class_id=class_id, state=state, seen_at=seen_at, place=place)
        for student, name, class_id, state, seen_at, place in conn.execute(query)
    ]
