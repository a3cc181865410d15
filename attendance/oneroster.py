"""OneRoster 1.1 and 1.2 bulk CSV, and the School Data Sync sheets that resemble it, read into a `Roster`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attendance import sds
from attendance.roster import ClassRow, EnrolmentRow, PersonRow, Roster, SchoolRow, check_enrolment, full_name
from attendance.roster_store import apply_roster, diff_roster
from attendance.sheets import Once, Row, Sheets

__all__ = ["apply_roster", "diff_roster", "read_roster"]

# Sheets we read; others of the standard (courses, academicSessions, demographics ...) may be there and are left alone.
_READ = ("orgs", "classes", "users", "roles", "enrollments")
_STUDENT = "student"
# Roles of both standards that are neither students nor staff.
_NOT_STAFF = frozenset({"guardian", "parent", "relative"})
_HOMEROOM = "homeroom"


def read_roster(path: Path) -> Roster:
    """The roster in a folder or zip of OneRoster 1.1/1.2 bulk CSV or School Data Sync (v1, v2) CSV.

    Passwords are never read. A dangling reference, a duplicate or a row that cannot be used raises `ImportFileError`
    with file and line; so does a delta export, which says only what changed.
    """
    sheets = Sheets(path)
    if "Student.csv" in sheets:
        return sds.read_sds_v1(sheets)
    _refuse_delta(sheets)
    schools = _schools(sheets)
    classes = _classes(sheets, schools)
    people = _people(sheets, schools)
    enrolments = _enrolments(sheets, classes, people)
    return Roster(
        schools=tuple(schools.values()),
        classes=tuple(classes.values()),
        people=tuple(people.values()),
        enrolments=tuple(enrolments),
    )


def _refuse_delta(sheets: Sheets) -> None:
    if "manifest.csv" not in sheets:
        return
    for row in sheets.rows("manifest.csv", "propertyName", "value"):
        name, value = row.need("propertyName", longest=200), row.maybe("value", longest=200).lower()
        part = name.removeprefix("file.")
        if part in _READ and value == "delta":
            raise row.wrong(f"{part} is a delta; only whole (bulk) exports are imported")
        if part in _READ and value == "bulk" and f"{part}.csv" not in sheets:
            raise row.wrong(f"{part}.csv is promised and missing")


def _live(row: Row) -> bool:
    """Rows marked for deletion stand in bulk exports of some systems; they are not there any more."""
    return row.maybe("status").lower() != "tobedeleted"


def _schools(sheets: Sheets) -> dict[str, SchoolRow]:
    """Every organisation: districts and departments own nothing but may be named by their people."""
    once, found = Once(), {}
    for row in sheets.rows("orgs.csv", "sourcedId", "name"):
        org = row.need("sourcedId")
        once.check(row, org, f"the organisation {org!r}")
        if _live(row):
            found[org] = SchoolRow(org, row.need("name", longest=200))
    return found


def _classes(sheets: Sheets, schools: Mapping[str, SchoolRow]) -> dict[str, ClassRow]:
    once, found = Once(), {}
    for row in sheets.rows("classes.csv", "sourcedId", "title", "schoolSourcedId|orgSourcedId"):
        id_ = row.need("sourcedId")
        once.check(row, id_, f"the class {id_!r}")
        if not _live(row):
            continue
        school = row.need("schoolSourcedId", "orgSourcedId")
        if school not in schools:
            raise row.wrong(f"class {id_!r} names school {school!r}, which is not in orgs.csv")
        found[id_] = ClassRow(
            id=id_,
            school=school,
            title=row.need("title", longest=200),
            grade=_grade(row),
            kind=_HOMEROOM if row.maybe("classType").lower() == _HOMEROOM else "scheduled",
            room=row.maybe("metadata.location", "location") or None,
        )
    return found


def _people(sheets: Sheets, schools: Mapping[str, SchoolRow]) -> dict[str, PersonRow]:
    roles = _roles(sheets, schools)
    once, found = Once(), {}
    for row in sheets.rows("users.csv", "sourcedId"):
        id_ = row.need("sourcedId")
        once.check(row, id_, f"the user {id_!r}")
        role, orgs = roles.get(id_) or (row.maybe("role").lower(), _orgs(row, schools))
        if not _live(row) or row.maybe("enabledUser").lower() == "false" or role in _NOT_STAFF:
            continue
        if not role:
            raise row.wrong(f"user {id_!r} has no role, neither here nor in roles.csv")
        found[id_] = PersonRow(
            id=id_,
            schools=orgs,
            name=_name(row),
            role="student" if role == _STUDENT else "teacher",
            grade=_grade(row),
        )
    return found


def _name(row: Row) -> str:
    named = full_name(row.maybe("familyName", longest=99), row.maybe("givenName", longest=99))
    return named or row.need("username", longest=200)


def _grade(row: Row) -> str:
    """The first of the grades; lists of grades occur in teaching groups across years."""
    return row.maybe("grades", "grade", longest=200).split(",")[0].strip()[:32]


def _orgs(row: Row, schools: Mapping[str, SchoolRow]) -> tuple[str, ...]:
    orgs = tuple(
        org.strip() for org in row.maybe("orgSourcedIds", "primaryOrgSourcedId", longest=6400).split(",") if org.strip()
    )
    for org in orgs:
        if org not in schools:
            raise row.wrong(f"user {row.maybe('sourcedId')!r} names organisation {org!r}, which is not in orgs.csv")
    return orgs


def _roles(sheets: Sheets, schools: Mapping[str, SchoolRow]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """OneRoster 1.2 keeps roles in their own sheet: each user's primary role, and all organisations it has roles in."""
    if "roles.csv" not in sheets:
        return {}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for row in sheets.rows("roles.csv", "userSourcedId", "role", "orgSourcedId"):
        if not _live(row):
            continue
        user, role, org = row.need("userSourcedId"), row.need("role").lower(), row.need("orgSourcedId")
        if org not in schools:
            raise row.wrong(f"the role of {user!r} names organisation {org!r}, which is not in orgs.csv")
        before, orgs = found.get(user, (role, ()))
        primary = row.maybe("roleType").lower() == "primary"
        found[user] = (role if primary else before, tuple(dict.fromkeys((*orgs, org))))
    return found


def _enrolments(sheets: Sheets, classes: Mapping[str, ClassRow], people: Mapping[str, PersonRow]) -> list[EnrolmentRow]:
    once, found = Once(), []
    for row in sheets.rows("enrollments.csv", "classSourcedId", "userSourcedId", "role"):
        role = row.need("role").lower()
        if not _live(row) or role in _NOT_STAFF:
            continue
        class_id, person = row.need("classSourcedId"), row.need("userSourcedId")
        check_enrolment(row, class_id, person, classes, people)
        kind = "student" if role == _STUDENT else "teacher"
        once.check(row, (class_id, person, kind), f"{person!r} as {kind} of class {class_id!r}")
        primary = row.maybe("primary").lower() == "true"
        found.append(EnrolmentRow(class_id=class_id, person=person, role=kind, is_primary=primary))
    return found
