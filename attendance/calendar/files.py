"""Imports of terms.csv and exams.csv."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import sqlalchemy as sa

from attendance.calendar.tables import exams
from attendance.roster.tables import terms
from attendance.sessions.due import plan_again
from attendance.sheets.rows import Once, sheet
from attendance.sheets.school import ids_of, must_be_known
from attendance.tables import bells, classes, teachers


def import_terms(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the school's own terms by those of terms.csv; return how many. Raises `ImportFileError`.

    Columns: term, title, start, end (the last day), and optionally first_week (A or B, what the week of the first day
    is). They go before those of the roster, and the days between two of them are vacation.
    """
    once, rows = Once(), list[dict[str, object]]()
    held: list[tuple[date, date, str]] = []
    for row in sheet(path, "term", "title", "start", "end"):
        id_, starts, ends = row.need("term"), row.day("start"), row.day("end")
        once.check(row, id_, f"the term {id_!r}")
        if ends <= starts:
            raise row.wrong(f"end {ends} is not after start {starts}")
        clash = next((other for first, last, other in held if first <= ends and starts <= last), None)
        if clash is not None:
            raise row.wrong(f"overlaps the term {clash!r}; a day lies in one term")
        held.append((starts, ends, id_))
        letter = row.one_of("first_week", ("A", "B")) if row.maybe("first_week") else "A"
        said = {"school": school, "said_by": "school", "kind": "term", "first_week": letter}
        rows.append({**said, "id": id_, "title": row.need("title", longest=200), "starts": starts, "ends": ends})
    conn.execute(terms.delete().where(terms.c.school == school, terms.c.said_by == "school"))
    if rows:
        conn.execute(terms.insert(), rows)
    plan_again(conn, school)
    return len(rows)


def import_exams(conn: sa.Connection, school: str, path: Path) -> int:
    """Replace the exams by those of exams.csv; return how many. Raises `ImportFileError`.

    Columns: date, class, period, subject, and optionally room and teacher (who invigilates).
    """
    known_classes = ids_of(conn, classes.c.id, school)
    known_periods = ids_of(conn, bells.c.period, school)
    known_teachers = ids_of(conn, teachers.c.id, school)
    once, rows = Once(), []
    for row in sheet(path, "date", "class", "period", "subject"):
        day, class_id, period, teacher = row.day("date"), row.need("class"), row.need("period"), row.maybe("teacher")
        must_be_known(row, "class", class_id, known_classes, "the roster")
        must_be_known(row, "period", period, known_periods, "the bells")
        if teacher:
            must_be_known(row, "teacher", teacher, known_teachers, "the roster")
        once.check(row, (day, class_id, period), f"class {class_id!r} on {day} in {period!r}")
        rows.append(
            {
                "school": school, "day": day, "class_id": class_id, "period": period, "subject": row.need("subject"),
                "teacher": teacher or None, "room": row.maybe("room") or None,
            }
        )  # fmt: skip
    conn.execute(exams.delete().where(exams.c.school == school))
    if rows:
        conn.execute(exams.insert(), rows)
    plan_again(conn, school)
    return len(rows)
