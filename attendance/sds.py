"""School Data Sync version 1 sheets (School, Section, Student, Teacher and who is in which) read into a `Roster`."""

from __future__ import annotations

from collections.abc import Mapping

from attendance.roster import ClassRow, EnrolmentRow, PersonRow, Roster, SchoolRow, check_enrolment, full_name
from attendance.sheets import Once, Row, Sheets


def read_sds_v1(sheets: Sheets) -> Roster:
    """The roster in School Data Sync v1 sheets; passwords are never read. Raises `ImportFileError`."""
    schools = _schools(sheets)
    classes = _sections(sheets, schools)
    people = _people(sheets, schools, "Student.csv", "student") | _people(sheets, schools, "Teacher.csv", "teacher")
    enrolments = [
        *_enrolments(sheets, "StudentEnrollment.csv", "student", classes, people),
        *_enrolments(sheets, "TeacherRoster.csv", "teacher", classes, people),
    ]
    return Roster(
        schools=tuple(schools.values()),
        classes=tuple(classes.values()),
        people=tuple(people.values()),
        enrolments=tuple(enrolments),
    )


def _schools(sheets: Sheets) -> dict[str, SchoolRow]:
    once, found = Once(), {}
    for row in sheets.rows("School.csv", "SIS ID", "Name"):
        id_ = row.need("SIS ID")
        once.check(row, id_, f"the school {id_!r}")
        found[id_] = SchoolRow(id_, row.need("Name", longest=200))
    return found


def _school_of(row: Row, schools: Mapping[str, SchoolRow]) -> str:
    school = row.need("School SIS ID")
    if school not in schools:
        raise row.wrong(f"school {school!r} is not in School.csv")
    return school


def _sections(sheets: Sheets, schools: Mapping[str, SchoolRow]) -> dict[str, ClassRow]:
    once, found = Once(), {}
    for row in sheets.rows("Section.csv", "SIS ID", "School SIS ID", "Section Name"):
        id_ = row.need("SIS ID")
        once.check(row, id_, f"the section {id_!r}")
        if row.maybe("Status").lower() != "deleted":
            school = _school_of(row, schools)
            found[id_] = ClassRow(id=id_, school=school, title=row.need("Section Name", longest=200))
    return found


def _people(sheets: Sheets, schools: Mapping[str, SchoolRow], name: str, role: str) -> dict[str, PersonRow]:
    once, found = Once(), {}
    for row in sheets.rows(name, "SIS ID", "School SIS ID"):
        id_ = row.need("SIS ID")
        once.check(row, id_, f"the {role} {id_!r}")
        if row.maybe("Status").lower() == "deleted":
            continue
        known_as = full_name(row.maybe("Last Name", longest=99), row.maybe("First Name", longest=99)) or row.need(
            "Username", longest=200
        )
        found[id_] = PersonRow(
            id=id_, schools=(_school_of(row, schools),), name=known_as, role=role, grade=row.maybe("Grade", longest=32)
        )
    return found


def _enrolments(
    sheets: Sheets, name: str, role: str, classes: Mapping[str, ClassRow], people: Mapping[str, PersonRow]
) -> list[EnrolmentRow]:
    once, found = Once(), []
    for row in sheets.rows(name, "Section SIS ID", "SIS ID"):
        class_id, person = row.need("Section SIS ID"), row.need("SIS ID")
        check_enrolment(row, class_id, person, classes, people)
        once.check(row, (class_id, person), f"{person!r} in section {class_id!r}")
        found.append(EnrolmentRow(class_id=class_id, person=person, role=role))
    return found
