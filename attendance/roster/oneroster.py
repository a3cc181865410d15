"""OneRoster 1.1 and 1.2 rows, and the School Data Sync v2 sheets that resemble them, read into a scratch database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

from attendance.roster.roster import STUDENT, full_name
from attendance.roster.scratch import Scratch
from attendance.sheets.rows import Problems, Row

Part = Literal["orgs", "academicSessions", "classes", "users", "roles", "enrollments", "relationships"]
Mode = Literal["bulk", "delta", "absent"]
PARTS: tuple[Part, ...] = ("orgs", "academicSessions", "classes", "users", "roles", "enrollments", "relationships")
# What a whole roster cannot do without.
NEEDED: tuple[Part, ...] = ("orgs", "classes", "users", "enrollments")
_COLUMNS: Mapping[Part, tuple[str, ...]] = {
    "orgs": ("sourcedId", "name"),
    "academicSessions": ("sourcedId", "title", "startDate", "endDate"),
    "classes": ("sourcedId", "title", "schoolSourcedId|orgSourcedId"),
    "users": ("sourcedId",),
    "roles": ("userSourcedId", "role", "orgSourcedId"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "relationships": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
}
_HOMEROOM = "homeroom"
_GUARDIANS = frozenset({"guardian", "parent", "relative"})


class Source(Protocol):
    """Where rows come from: the sheets of an export, or the pages of an interface."""

    def rows(self, name: str, *columns: str) -> Iterator[Row]:
        """The rows of sheet ``name``; a sheet without one of ``columns`` is an error."""
        ...


def modes_of(source: Source, has_manifest: bool, present: frozenset[str], problems: Problems) -> dict[Part, Mode]:
    """What of each part is there, by manifest.csv, or by what is ``present`` where there is none."""
    if not has_manifest:
        return {part: "bulk" if f"{part}.csv".lower() in present else "absent" for part in PARTS}
    modes: dict[Part, Mode] = dict.fromkeys(PARTS, "absent")

    def say(row: Row) -> None:
        name = row.need("propertyName", longest=200).removeprefix("file.")
        part = next((one for one in PARTS if one == name), None)
        if part is None:
            return
        value = row.maybe("value", longest=200).lower()
        mode = next((one for one in ("bulk", "delta", "absent") if one == value), None)
        if mode is None:
            raise row.wrong(f"{part} is {value!r}; it can be bulk, delta or absent")
        if mode != "absent" and f"{part}.csv".lower() not in present:
            raise row.wrong(f"{part}.csv is promised and missing")
        modes[part] = mode

    problems.each(source.rows("manifest.csv", "propertyName", "value"), say)
    # A sheet that no manifest of the standard knows is there when it is there.
    if "relationships.csv" in present:
        modes["relationships"] = "bulk"
    return modes


def read_part(part: Part, source: Source, scratch: Scratch, problems: Problems) -> None:
    """Put the rows of one part into ``scratch``; what is wrong is noted in ``problems``. Passwords are never read."""
    put = {
        "orgs": _org,
        "academicSessions": _term,
        "classes": _class,
        "users": _user,
        "roles": _role,
        "enrollments": _enrolment,
        "relationships": _relationship,
    }[part]
    problems.each(source.rows(f"{part}.csv", *_COLUMNS[part]), lambda row: put(scratch, row))


def _gone(row: Row) -> bool:
    """Rows marked for deletion: all there is in a delta, and left standing in bulk exports of some systems."""
    return row.maybe("status").lower() in ("tobedeleted", "inactive")


def _org(scratch: Scratch, row: Row) -> None:
    gone = _gone(row)
    name = row.maybe("name", longest=200) if gone else row.need("name", longest=200)
    parent = row.maybe("parentSourcedId") or None
    scratch.put(
        "orgs", row.need("sourcedId"), name, row.maybe("type", longest=32).lower(), parent, gone, scratch.at(row)
    )


def _term(scratch: Scratch, row: Row) -> None:
    gone = _gone(row)
    starts, ends = row.maybe_day("startDate"), row.maybe_day("endDate")
    if not gone and (starts is None or ends is None or ends < starts):
        raise row.wrong("startDate and endDate are needed, the end not before the start")
    title = row.maybe("title", longest=200) or row.need("sourcedId")
    kind = row.maybe("type", longest=16) or "term"
    days = [one.isoformat() if one else None for one in (starts, ends)]
    scratch.put(
        "terms", row.need("sourcedId"), title, kind, *days, row.maybe("parentSourcedId") or None, gone, scratch.at(row)
    )


def _class(scratch: Scratch, row: Row) -> None:
    id_, gone, at = row.need("sourcedId"), _gone(row), scratch.at(row)
    school = row.maybe("schoolSourcedId", "orgSourcedId") if gone else row.need("schoolSourcedId", "orgSourcedId")
    title = row.maybe("title", longest=200) if gone else row.need("title", longest=200)
    kind = _HOMEROOM if row.maybe("classType").lower() == _HOMEROOM else "scheduled"
    room = row.maybe("metadata.location", "location") or None
    scratch.put("classes", id_, school, title, _grade(row), kind, room, gone, at)
    for term in () if gone else _list(row, "termSourcedIds", "sessionSourcedIds"):
        scratch.put("class_terms", id_, term, at)


def _user(scratch: Scratch, row: Row) -> None:
    id_, at = row.need("sourcedId"), scratch.at(row)
    gone = _gone(row) or row.maybe("enabledUser").lower() == "false"
    role = row.maybe("role", longest=32).lower()
    name = full_name(row.maybe("familyName", longest=99), row.maybe("givenName", longest=99))
    if not gone:
        name = name or row.need("username", longest=200)
    # A teacher may be a guardian, too; whoever is nobody's guardian in the end is not kept by number or address.
    reached = role != STUDENT
    phone = row.maybe("sms", "phone") if reached else ""
    email = row.maybe("email", longest=200) if reached else ""
    kept = role if role in (STUDENT, "") else "guardian" if role in _GUARDIANS else "teacher"
    scratch.put("people", id_, kept, name, _grade(row), phone, email, role, gone, at)
    for org in () if gone else _list(row, "orgSourcedIds", "primaryOrgSourcedId"):
        scratch.put("members", id_, org, 1, 0, at)
    for other in () if gone else _list(row, "agentSourcedIds"):
        scratch.put("kin", id_, other, "", at)


def _role(scratch: Scratch, row: Row) -> None:
    person, org = row.need("userSourcedId"), row.need("orgSourcedId")
    role, gone, at = row.need("role").lower(), _gone(row), scratch.at(row)
    primary = row.maybe("roleType").lower() == "primary" or row.maybe("isPrimary").lower() == "true"
    if gone:
        scratch.put("members", person, org, 0, 1, at)
    else:
        scratch.put("roles", person, role, org, 0 if primary else 1, 0, at)


def _enrolment(scratch: Scratch, row: Row) -> None:
    role, gone, at = row.need("role").lower(), _gone(row), scratch.at(row)
    if role in _GUARDIANS:
        return
    begins, ends = row.maybe_day("beginDate"), row.maybe_day("endDate")
    if begins and ends and ends < begins:
        raise row.wrong("endDate is before beginDate")
    scratch.put(
        "enrolments",
        row.maybe("sourcedId") or None,
        row.need("classSourcedId"),
        row.need("userSourcedId"),
        STUDENT if role == STUDENT else "teacher",
        row.maybe("primary").lower() == "true",
        begins.isoformat() if begins else None,
        ends.isoformat() if ends else None,
        gone,
        at,
    )


def _relationship(scratch: Scratch, row: Row) -> None:
    named = row.need("userSourcedId"), row.need("relationshipUserSourcedId")
    scratch.put("kin", *named, row.need("relationshipRole", longest=32).lower(), scratch.at(row))


def _grade(row: Row) -> str:
    """The first of the grades; lists of grades occur in teaching groups across years."""
    return row.maybe("grades", "grade", longest=200).split(",")[0].strip()[:32]


def _list(row: Row, *names: str) -> list[str]:
    return [one for cell in row.maybe(*names, longest=6400).split(",") if (one := cell.strip())]
