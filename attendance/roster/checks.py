"""Makes one roster of what was read: duplicates and dangling references found, deletions and changes carried out."""

# ruff: noqa: S608 - the names of tables and columns put into statements are our own

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from attendance.roster.progress import Progress, unwatched
from attendance.roster.scratch import Scratch
from attendance.sheets.rows import Problems

_INDEXES = (
    "orgs (id)",
    "terms (id)",
    "classes (id)",
    "classes (school)",
    "class_terms (class)",
    "people (id)",
    "members (person)",
    "roles (person)",
    "kin (student)",
    "enrolments (class, person, role)",
    "enrolments (source)",
)
# Which rows may not stand twice, and what one is called.
_ONCE = (
    ("orgs", ("id",), "", "the organisation {!r}"),
    ("terms", ("id",), "", "the academic session {!r}"),
    ("classes", ("id",), "", "the class {!r}"),
    ("people", ("id",), "", "the user {!r}"),
    ("enrolments", ("person", "role", "class", "begins"), "AND NOT gone", "{!r} as {} of class {!r}"),
)
# Which column names a row of which table, and what is said when there is none.
_REFERENCES = (
    ("classes", "school", "id", "orgs", "class {own!r} names school {!r}, which is not in orgs.csv"),
    ("members", "org", "person", "orgs", "user {own!r} names organisation {!r}, which is not in orgs.csv"),
    ("class_terms", "term", "class", "terms", "class {own!r} names term {!r}, which is not in academicSessions.csv"),
    ("enrolments", "class", "person", "classes", "class {!r} is not among the classes"),
    ("enrolments", "person", "class", "people", "user {!r} is not among the users"),
    ("kin", "student", "guardian", "people", "user {!r} is not among the users"),
    ("kin", "guardian", "student", "people", "user {own!r} names {!r}, who is not among the users"),
)


def settle(
    scratch: Scratch, problems: Problems, *, terms_told: bool, agents_told: bool, progress: Progress = unwatched
) -> None:
    """Bring the rows together: what is wrong is noted in ``problems`` and left out; nothing dangles afterwards.

    ``terms_told``: whether the export has academic sessions, so that classes can be held to them; ``agents_told``:
    whether it says of users who their agents are, so that a user without any has none.
    """
    steps: list[Callable[[], object]] = [
        *(partial(_index, scratch, columns) for columns in _INDEXES),
        *(partial(_only_once, scratch, problems, *once) for once in _ONCE),
        partial(_replace_stored, scratch, agents_told=agents_told),
        partial(_give_roles, scratch, problems),
        *([] if terms_told else [partial(scratch.run, "DELETE FROM class_terms")]),
        *(partial(_hold, scratch, problems, *reference) for reference in _REFERENCES),
        partial(_drop_gone, scratch),
        partial(_sort_by_school, scratch),
    ]
    for done, step in enumerate(steps):
        progress("checking", done, len(steps))
        step()
    progress("checking", len(steps), len(steps))


def _index(scratch: Scratch, columns: str) -> None:
    name = columns.translate(str.maketrans(" ,()", "____"))
    scratch.run(f"CREATE INDEX IF NOT EXISTS i_{name} ON {columns}")


def _only_once(scratch: Scratch, problems: Problems, table: str, key: Iterable[str], live: str, what: str) -> None:
    columns = ", ".join(key)
    same = " AND ".join(f"b.{one} IS a.{one}" for one in key)
    first = f"SELECT {columns}, MIN(at) AS at FROM {table} WHERE at > 0 {live} GROUP BY {columns} HAVING COUNT(*) > 1"
    twice = f"SELECT b.at, a.at, b.rowid, {', '.join(f'b.{one}' for one in key)} FROM {table} b, ({first}) a"
    found = list(scratch.ask(f"{twice} WHERE {same} AND b.at > a.at {live.replace('gone', 'b.gone')} ORDER BY b.at"))
    for at, before, _rowid, *named in found:
        told = what.format(*named)
        problems.add(scratch.wrong(at, f"{told} is already on line {scratch.wrong(before, '').line}; remove one"))
    for _at, _before, rowid, *_named in found:
        scratch.run(f"DELETE FROM {table} WHERE rowid = ?", rowid)


def _replace_stored(scratch: Scratch, *, agents_told: bool) -> None:
    """What a delta says of a thing goes before what was stored of it."""
    scratch.run(
        "UPDATE people SET role = COALESCE((SELECT b.role FROM people b WHERE b.at = 0 AND b.id = people.id), '') "
        "WHERE at > 0 AND role = ''"
    )
    scratch.run(
        "DELETE FROM members WHERE at = 0 AND ("
        "person IN (SELECT person FROM members WHERE at > 0 AND whole) OR EXISTS ("
        "SELECT 1 FROM members n WHERE n.at > 0 AND n.gone AND n.person = members.person AND n.org = members.org))"
    )
    scratch.run("DELETE FROM members WHERE gone")
    if agents_told:
        scratch.run("DELETE FROM kin WHERE at = 0 AND student IN (SELECT id FROM people WHERE at > 0)")
    scratch.run("DELETE FROM class_terms WHERE at = 0 AND class IN (SELECT id FROM classes WHERE at > 0)")
    for table in ("orgs", "terms", "classes", "people"):
        scratch.run(f"DELETE FROM {table} WHERE at = 0 AND id IN (SELECT id FROM {table} WHERE at > 0)")
    scratch.run(
        "DELETE FROM enrolments WHERE at = 0 AND (source IN (SELECT source FROM enrolments WHERE at > 0) OR EXISTS ("
        "SELECT 1 FROM enrolments n WHERE n.class = enrolments.class AND n.person = enrolments.person "
        "AND n.role = enrolments.role AND n.at > 0))"
    )
    scratch.run("DELETE FROM enrolments WHERE gone")


def _give_roles(scratch: Scratch, problems: Problems) -> None:
    """OneRoster 1.2 keeps roles in their own sheet: a user's primary role, and all organisations it has roles in."""
    best = "SELECT role FROM roles WHERE roles.person = people.id AND NOT gone ORDER BY rank, at LIMIT 1"
    scratch.run(f"UPDATE people SET role = ({best}), relation = ({best}) WHERE EXISTS ({best})")
    scratch.run("INSERT INTO members SELECT person, org, 0, 0, at FROM roles WHERE NOT gone")
    scratch.run("UPDATE people SET role = 'guardian' WHERE role IN ('guardian', 'parent', 'relative')")
    scratch.run("UPDATE people SET role = 'teacher' WHERE role NOT IN ('student', 'guardian', '')")
    for at, id_ in scratch.ask("SELECT at, id FROM people WHERE role = '' AND NOT gone ORDER BY at"):
        problems.add(scratch.wrong(at, f"user {id_!r} has no role, neither here nor in roles.csv"))


def _hold(scratch: Scratch, problems: Problems, table: str, column: str, own: str, of: str, what: str) -> None:
    """Note and take out the rows of ``table`` that name what is not there."""
    dangling = f"at > 0 AND NOT EXISTS (SELECT 1 FROM {of} o WHERE o.id = {table}.{column})"
    for at, named, owner in scratch.ask(f"SELECT at, {column}, {own} FROM {table} WHERE {dangling} ORDER BY at"):
        problems.add(scratch.wrong(at, what.format(named, own=owner)))
    scratch.run(f"DELETE FROM {table} WHERE {dangling}")


def _drop_gone(scratch: Scratch) -> None:
    """Take out what is deleted, and what belonged to it."""
    scratch.run("CREATE TABLE closed AS SELECT id FROM orgs WHERE gone")
    for table in ("orgs", "terms", "people"):
        scratch.run(f"DELETE FROM {table} WHERE gone")
    scratch.run("DELETE FROM people WHERE role = ''")
    scratch.run("DELETE FROM classes WHERE gone OR school NOT IN (SELECT id FROM orgs)")
    scratch.run("DELETE FROM members WHERE org NOT IN (SELECT id FROM orgs)")
    for table in ("members", "enrolments"):
        scratch.run(f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = {table}.person)")
    for table in ("class_terms", "enrolments"):
        scratch.run(f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM classes WHERE id = {table}.class)")
    for one in ("student", "guardian"):
        scratch.run(f"DELETE FROM kin WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = kin.{one})")


def _sort_by_school(scratch: Scratch) -> None:
    """Who belongs to which school, by membership or by enrolment, and who is whose guardian whichever way it was said.

    Of two enrolments of a person in a class at different times the later one is kept.
    """
    scratch.run("CREATE TABLE in_school (school, person, PRIMARY KEY (school, person)) WITHOUT ROWID")
    scratch.run("INSERT OR IGNORE INTO in_school SELECT org, person FROM members")
    scratch.run(
        "INSERT OR IGNORE INTO in_school SELECT c.school, e.person FROM enrolments e JOIN classes c ON c.id = e.class"
    )
    scratch.run(
        "DELETE FROM enrolments WHERE EXISTS (SELECT 1 FROM enrolments n WHERE n.class = enrolments.class AND "
        "n.person = enrolments.person AND n.role = enrolments.role AND (COALESCE(n.begins, ''), n.rowid) > "
        "(COALESCE(enrolments.begins, ''), enrolments.rowid))"
    )
    role = "(SELECT role FROM people WHERE id = {})"
    scratch.run(
        "UPDATE kin SET student = guardian, guardian = student WHERE "
        f"{role.format('kin.student')} <> 'student' AND {role.format('kin.guardian')} = 'student'"
    )
    scratch.run(
        "DELETE FROM kin WHERE student = guardian OR "
        f"{role.format('kin.student')} <> 'student' OR {role.format('kin.guardian')} = 'student'"
    )
