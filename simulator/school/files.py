"""Writes a school as the files a real one would be imported from: OneRoster 1.1 and the platform's own CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import time
from pathlib import Path

from simulator.day.people import leaves
from simulator.school.oneroster import roster_files
from simulator.school.values import Outline, SimulatedSchool

Row = Sequence[object]


def write_files(school: SimulatedSchool, folder: Path) -> None:
    """Write everything an import needs into ``folder`` (made when absent); the same school gives the same bytes."""
    (folder / "oneroster").mkdir(parents=True, exist_ok=True)
    for name, (header, rows) in roster_files(school).items():
        _write(folder / "oneroster" / name, header, rows)
    _write_site(school, folder)
    _write_day(school, folder)
    _write(
        folder / "credentials.csv",
        "student,credential",
        ((student.id, student.credential) for student in school.students),
    )


def _write_site(school: SimulatedSchool, folder: Path) -> None:
    _write(
        folder / "places.csv",
        "id,parent,kind,name,name_en,floor,outline",
        ((p.id, p.parent, p.kind, p.name, p.name_en, p.floor, _outline(p.outline)) for p in school.places),
    )
    _write(
        folder / "devices.csv",
        "id,kind,name,name_en,place,parent,model,covers,x,y",
        (
            (d.id, d.kind, d.name, d.name_en, d.place, d.parent, d.model, " ".join(d.covers), d.x, d.y)
            for d in school.devices
        ),
    )


def _write_day(school: SimulatedSchool, folder: Path) -> None:
    _write(
        folder / "bells.csv",
        "day_type,period,kind,name,name_en,start,end,closes",
        (
            (b.day_type, b.period, b.kind, b.name, b.name_en, _hm(b.start), _hm(b.end), _hm(b.closes))
            for b in school.bells
        ),
    )
    # Beside arrival this school takes the morning exercise; the rolls of lessons stay with their teachers.
    _write(folder / "sessions.csv", "kind,taken", (("exercise", "yes"),))
    _write(
        folder / "timetable.csv",
        "class,weekday,period,subject,teacher,room",
        ((r.class_id, r.weekday, r.period, r.subject, r.teacher, r.room) for r in school.timetable),
    )
    _write(folder / "calendar.csv", "date,day_type,name", ((c.date, c.day_type, c.name) for c in school.calendar))
    _write(
        folder / "leave.csv",
        "student,from,to,kind,approved_by",
        ((x.student, x.start.isoformat(), x.end.isoformat(), x.kind, x.approved_by) for x in leaves(school)),
    )


def _write(path: Path, header: str, rows: Iterable[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def _outline(outline: Outline) -> str:
    return " ".join(f"{x},{y}" for x, y in outline)


def _hm(local: time | None) -> str:
    return "" if local is None else f"{local:%H:%M}"
