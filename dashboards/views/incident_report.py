"""Gathers the report of an incident: figures, who was not accounted for and where last seen, what happened when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.incidents import incidents
from alerts.incidents.after_action import after_action, safe_at
from alerts.incidents.after_action_pdf import Happening, Report, Unaccounted, as_pdf
from alerts.incidents.incidents import Incident
from alerts.incidents.tables import muster_steps
from alerts.life import queries
from attendance import queries as attendance
from attendance.site.whereabouts import whereabouts
from attendance.tables import schools
from dashboards.access.accounts import Account
from dashboards.views.muster import left_since
from dashboards.views.people import account_names
from devices import queries as devices

_TICKS = {"seen": "已见 seen", "away": "不在校 away", "missing": "失联 missing", "open": "撤回 taken back"}


def incident_report(conn: sa.Connection, account: Account, incident_id: str, now: datetime, zone: ZoneInfo) -> bytes:
    """The PDF, made for ``account``; raises `NotFound`."""
    school = account.school
    incident = incidents.incident(conn, school, incident_id)
    lines, people = incidents.lines(conn, incident_id), {one.student: one for one in whereabouts(conn, school)}
    left, names = left_since(incident, people.values()), account_names(conn, school)
    titles = {one.id: one.title for one in attendance.classes(conn, school)}
    places = {one.id: f"{one.name} {one.name_en}" for one in devices.places(conn, school)}
    safe = {line.student: safe_at(line, left.get(line.student)) for line in lines}
    missed = [line for line in lines if safe[line.student] is None]
    named = conn.execute(sa.select(schools.c.name).where(schools.c.id == school)).scalar()
    report = Report(
        school=named or school,
        incident=incident,
        opened_by=names.get(incident.opened_by, incident.opened_by),
        closed_by=names.get(incident.closed_by or "", incident.closed_by or ""),
        figures=after_action(incident, lines, left),
        titles=titles,
        accounted=tuple(sorted(at for at in safe.values() if at is not None)),
        unaccounted=tuple(
            Unaccounted(
                name=people[line.student].name if line.student in people else line.student,
                class_title=titles.get(line.class_id, line.class_id),
                missing=line.state == "missing",
                place=places.get(people[line.student].place or "", "") if line.student in people else "",
                seen_at=people[line.student].seen_at if line.student in people else None,
            )
            for line in missed
        ),
        happenings=tuple(sorted(_happenings(conn, incident, names), key=lambda one: one.at)),
        made_at=now,
        made_by=account.name,
    )
    return as_pdf(report, zone)


def _happenings(conn: sa.Connection, incident: Incident, names: Mapping[str, str]) -> Iterable[Happening]:
    """The alarm it began with, beginning and end, and the ticks: one line for each minute and person, without names."""
    if incident.alarm is not None:
        row = queries.alarm(conn, incident.school, incident.alarm).alarm
        yield Happening(row.raised_at, f"报警 Alarm: {row.title.zh} / {row.title.en}")
        if row.acknowledged_at is not None:
            who = names.get(row.acknowledged_by or "", row.acknowledged_by or "")
            yield Happening(row.acknowledged_at, f"确认 Acknowledged: {who}")
    yield Happening(incident.opened_at, f"开始 Began: {names.get(incident.opened_by, incident.opened_by)}")
    query = sa.select(muster_steps).where(muster_steps.c.incident == incident.id).order_by(muster_steps.c.id)
    ticks: Counter[tuple[str, str, int]] = Counter()
    first: dict[tuple[str, str, int], datetime] = {}
    for step in conn.execute(query):
        key = (step.by, step.new, int(step.at.timestamp() // 60))
        ticks[key] += 1
        first.setdefault(key, step.at)
    for key, count in ticks.items():
        yield Happening(first[key], f"{names.get(key[0], key[0])}: {_TICKS[key[1]]} × {count}")
    if incident.closed_at is not None:
        who = names.get(incident.closed_by or "", incident.closed_by or "")
        yield Happening(incident.closed_at, f"解除 All clear: {who}")
