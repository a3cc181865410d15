"""The roster as the tables of OneRoster 1.1 bulk CSV (1EdTech, final release of 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.school.bells import term
from simulator.school.curriculum import GRADES
from simulator.school.values import SimulatedSchool

Row = Sequence[object]
Table = tuple[str, list[Row]]

_PRESENT = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
_ABSENT = (
    "categories", "classResources", "courseResources", "demographics", "lineItems", "resources", "results",
)  # fmt: skip
# Columns 2 and 3, status and dateLastModified, must be empty in a bulk file.
_BULK = ("", "")
_SCHOOL_YEAR = "term-1"


def roster_files(school: SimulatedSchool) -> dict[str, Table]:
    """Header and rows of each file of the bulk export, by file name."""
    return {
        "manifest.csv": ("propertyName,value", _manifest(school)),
        "orgs.csv": (
            "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
            [(school.id, *_BULK, school.name, "school", school.id, "")],
        ),
        "academicSessions.csv": (
            "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
            _sessions(school),
        ),
        "courses.csv": (
            "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,"
            "subjectCodes",
            [
                (f"crs-g{grade}", *_BULK, _SCHOOL_YEAR, f"Grade {grade}", f"G{grade}", _grade(grade), school.id, "", "")
                for grade in GRADES
            ],
        ),
        "classes.csv": (
            "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
            "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
            [
                (c.id, *_BULK, c.title, _grade(c.grade), f"crs-g{c.grade}", c.id.removeprefix("c-").upper(),
                 "homeroom", c.room, school.id, _SCHOOL_YEAR, "", "", "")
                for c in school.classes
            ],
        ),
        "users.csv": (
            "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
            "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
            list(_users(school)),
        ),
        "enrollments.csv": (
            "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,"
            "endDate",
            list(_enrolments(school)),
        ),
    }  # fmt: skip


def _manifest(school: SimulatedSchool) -> list[Row]:
    rows: list[Row] = [("manifest.version", "1.0"), ("oneroster.version", "1.1")]
    rows += [(f"file.{name}", "bulk") for name in _PRESENT]
    rows += [(f"file.{name}", "absent") for name in _ABSENT]
    return [*rows, ("source.systemName", school.name_en), ("source.systemCode", school.id)]


def _sessions(school: SimulatedSchool) -> list[Row]:
    start, end = term(school.day)
    return [(_SCHOOL_YEAR, *_BULK, f"{start.year}-{end.year}", "schoolYear", start, end, "", end.year)]


def _users(school: SimulatedSchool) -> Iterator[Row]:
    grades = {school_class.id: _grade(school_class.grade) for school_class in school.classes}
    columns = (*_BULK, "true", school.id)
    no_contact = ("",) * 4  # email, sms, phone, agents
    for t in school.teachers:
        yield (t.id, *columns, "teacher", t.id, "", t.given, t.family, "", t.id, *no_contact, "", "")
    for s in school.students:
        grade = grades[s.class_id]
        yield (s.id, *columns, "student", s.id, "", s.given, s.family, "", s.id, *no_contact, grade, "")


def _grade(grade: int) -> str:
    """A grade as OneRoster writes it: two digits."""
    return f"{grade:02d}"


def _enrolments(school: SimulatedSchool) -> Iterator[Row]:
    """Students first; then of each class its teachers, the class teacher as the primary one."""
    start, end = term(school.day)
    for student in school.students:
        yield (f"e-{student.id}", *_BULK, student.class_id, school.id, student.id, "student", "false", start, end)
    for school_class in school.classes:
        taught_by = sorted({row.teacher for row in school.timetable if row.class_id == school_class.id})
        for teacher in taught_by:
            primary = "true" if teacher == school_class.teacher else "false"
            id_ = f"e-{school_class.id}-{teacher}"
            yield (id_, *_BULK, school_class.id, school.id, teacher, "teacher", primary, start, end)
