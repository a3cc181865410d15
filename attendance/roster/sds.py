"""School Data Sync version 1 sheets (School, Section, Student, Teacher ...) read into a scratch database."""

from __future__ import annotations

from attendance.roster.roster import STUDENT, full_name
from attendance.roster.scratch import Scratch
from attendance.sheets.rows import Problems, Row, Sheets


def read_sds_v1(sheets: Sheets, scratch: Scratch, problems: Problems) -> None:
    """Put School Data Sync v1 sheets into ``scratch``; passwords are never read."""
    problems.each(sheets.rows("School.csv", "SIS ID", "Name"), lambda row: _school(scratch, row))
    sections = sheets.rows("Section.csv", "SIS ID", "School SIS ID", "Section Name")
    terms: set[str] = set()
    problems.each(sections, lambda row: _section(scratch, row, terms))
    for name, role in (("Student.csv", STUDENT), ("Teacher.csv", "teacher")):
        people = sheets.rows(name, "SIS ID", "School SIS ID")
        problems.each(people, lambda row, role=role: _person(scratch, row, role))  # type: ignore[misc]
    for name, role in (("StudentEnrollment.csv", STUDENT), ("TeacherRoster.csv", "teacher")):
        places = sheets.rows(name, "Section SIS ID", "SIS ID")
        problems.each(places, lambda row, role=role: _enrolment(scratch, row, role))  # type: ignore[misc]
    if "User.csv" in sheets and "Guardianrelationship.csv" in sheets:
        guardians: set[str] = set()
        problems.each(sheets.rows("User.csv", "Email"), lambda row: _guardian(scratch, row, guardians))
        kin = sheets.rows("Guardianrelationship.csv", "SIS ID", "Email", "Role")
        problems.each(kin, lambda row: _kin(scratch, row))


def _school(scratch: Scratch, row: Row) -> None:
    scratch.put("orgs", row.need("SIS ID"), row.need("Name", longest=200), "school", None, 0, scratch.at(row))


def _gone(row: Row) -> bool:
    return row.maybe("Status").lower() in ("deleted", "inactive")


def _section(scratch: Scratch, row: Row, terms: set[str]) -> None:
    id_, at = row.need("SIS ID"), scratch.at(row)
    title, school = row.need("Section Name", longest=200), row.need("School SIS ID")
    scratch.put("classes", id_, school, title, "", "scheduled", None, _gone(row), at)
    term, starts, ends = row.maybe("Term SIS ID"), row.maybe_day("Term StartDate"), row.maybe_day("Term EndDate")
    if term and starts and ends and not _gone(row):
        scratch.put("class_terms", id_, term, at)
        if term not in terms:
            terms.add(term)
            name, days = row.maybe("Term Name", longest=200) or term, (starts.isoformat(), ends.isoformat())
            scratch.put("terms", term, name, "term", *days, None, 0, at)


def _person(scratch: Scratch, row: Row, role: str) -> None:
    id_, at, gone = row.need("SIS ID"), scratch.at(row), _gone(row)
    name = full_name(row.maybe("Last Name", longest=99), row.maybe("First Name", longest=99))
    name = name or row.need("Username", longest=200)
    scratch.put("people", id_, role, name, row.maybe("Grade", longest=32), "", "", role, gone, at)
    if not gone:
        scratch.put("members", id_, row.need("School SIS ID"), 1, 0, at)


def _enrolment(scratch: Scratch, row: Row, role: str) -> None:
    class_id, person = row.need("Section SIS ID"), row.need("SIS ID")
    scratch.put("enrolments", None, class_id, person, role, 0, None, None, 0, scratch.at(row))


def _guardian(scratch: Scratch, row: Row, known: set[str]) -> None:
    """Guardians are named by their mail address; their own ids may be empty."""
    email = row.need("Email", longest=64).lower()
    if email in known:
        raise row.wrong("this guardian is already listed; remove one")
    known.add(email)
    name = full_name(row.maybe("Last Name", longest=99), row.maybe("First Name", longest=99)) or email
    scratch.put("people", email, "guardian", name, "", row.maybe("Phone"), email, "guardian", 0, scratch.at(row))


def _kin(scratch: Scratch, row: Row) -> None:
    student, guardian = row.need("SIS ID"), row.need("Email").lower()
    scratch.put("kin", student, guardian, row.maybe("Role", longest=32).lower() or "other", scratch.at(row))
