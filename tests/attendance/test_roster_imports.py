"""Whole cities, changes only, and exports in bad shape: imported, recorded, or refused with every reason."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import local
from roster_files import CITY, delta, write_sheets, write_zip

from attendance.roster.importing import RosterReport
from attendance.roster.log import recent, standing
from attendance.roster.run import RosterRun, Wishes
from attendance.roster.tables import guardian_links, guardians, organisations, roster_imports, terms
from attendance.sessions.due import plan
from attendance.tables import classes, enrolments, schools, students, teachers
from campus import db
from campus.clock import VirtualClock
from campus.errors import Conflict, ImportFileError, ImportFileErrors

NOW = local("06:40")


def running(engine: sa.Engine, **wishes: object) -> RosterRun:
    return RosterRun(engine, "north", VirtualClock(NOW), Wishes(every_school=True, **wishes))  # type: ignore[arg-type]


def take(engine: sa.Engine, folder: Path, sheets: dict[str, str] = CITY, **wishes: object) -> RosterReport:
    return running(engine, **wishes).take_file(write_sheets(folder, sheets), "command")


def column(engine: sa.Engine, what: sa.ColumnElement[object], *where: sa.ColumnElement[bool]) -> set[object]:
    with db.read(engine) as conn:
        return set(conn.execute(sa.select(what).where(*where)).scalars())


def test_a_city_is_imported_in_one_go_with_its_tree_terms_guardians_and_dates(
    engine: sa.Engine, tmp_path: Path
) -> None:
    report = running(engine).take_file(write_zip(tmp_path / "city.zip", CITY), "command")
    assert (report.schools, report.students) == (2, 5)
    assert report.counts["student"] == (5, 0, 0)
    assert column(engine, schools.c.id) == {"north", "south"}
    assert column(engine, organisations.c.parent, organisations.c.kind == "school") == {"bureau"}
    assert column(engine, terms.c.starts, terms.c.school == "south", terms.c.id == "t1") == {date(2026, 9, 1)}
    assert column(engine, enrolments.c.ends, enrolments.c.source == "e1") == {date(2027, 1, 23)}
    assert column(engine, teachers.c.school, teachers.c.id == "w1") == {"north", "south"}


def test_of_guardians_only_those_of_a_student_are_kept_with_what_a_message_needs(
    engine: sa.Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path / "a")
    assert column(engine, guardians.c.id, guardians.c.school == "north") == {"g1", "g2", "g3"}
    assert column(engine, guardians.c.phone, guardians.c.id == "g1") == {"13700000001"}
    links = sa.tuple_(guardian_links.c.student, guardian_links.c.guardian, guardian_links.c.relation)
    with db.read(engine) as conn:
        rows = {tuple(row) for row in conn.execute(sa.select(*links.clauses))}
    assert rows == {("k1", "g1", "parent"), ("k1", "g2", "guardian"), ("k2", "g3", "relative"), ("k5", "g1", "parent")}
    with engine.connect() as conn:
        everything = [str(conn.execute(sa.select(table)).all()) for table in db.metadata.sorted_tables]
    assert not any("13800000001" in rows or "w1@school" in rows for rows in everything)


def test_importing_again_changes_nothing_and_says_so(engine: sa.Engine, tmp_path: Path) -> None:
    take(engine, tmp_path / "a")
    assert not take(engine, tmp_path / "b").changed
    with db.read(engine) as conn:
        assert [one.state for one in recent(conn, "north")] == ["unchanged", "done"]
        newest = recent(conn, "north", limit=1)[0]
        assert [one.state for one in recent(conn, "north", before=(newest.began_at, newest.id))] == ["done"]


def test_a_dry_run_names_what_would_change_by_kind_and_field_and_leaves_no_trace(
    engine: sa.Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path / "a")
    users = (
        CITY["users.csv"]
        .replace("二,李", "贰,李")
        .replace("g3,,true,north,relative,g3,奶奶", "g3,,true,north,relative,g3,外婆")
    )
    report = running(engine).dry(write_sheets(tmp_path / "b", {**CITY, "users.csv": users}))
    assert report.counts["student"] == (0, 1, 0)
    assert report.fields == {"guardian.name": 1, "student.name": 1}
    assert "north: student k2 changed (name)" in report.samples
    assert column(engine, students.c.name, students.c.id == "k2") == {"李二"}
    assert len(column(engine, roster_imports.c.id)) == 1


def test_a_delta_adds_changes_and_deletes_and_leaves_the_rest_alone(engine: sa.Engine, tmp_path: Path) -> None:
    take(engine, tmp_path / "a")
    rows = (
        "k3,tobedeleted,true,north,student,k3,三,张,,,,,07,\n"
        "k6,active,true,north,student,k6,六,周,,,,g3,07,\nk2,active,true,north,student,k2,贰,李,,,,g3,07,\n"
    )
    places = (
        "e9,active,n-2,north,k6,student,,,\ne4,tobedeleted,n-2,north,k4,student,,,\n"
        "e10,active,n-1,north,k4,student,,,\n"
    )
    report = take(engine, tmp_path / "b", delta(users=rows, enrollments=places), confirmed=True)
    assert report.counts["student"] == (1, 2, 1)
    assert report.counts["class"] == report.counts["term"] == report.counts["guardian"] == (0, 0, 0)
    assert column(engine, students.c.id, students.c.active) == {"k1", "k2", "k4", "k5", "k6"}
    assert column(engine, students.c.class_id, students.c.id == "k4") == {"n-1"}
    assert column(engine, guardian_links.c.student, guardian_links.c.guardian == "g3") == {"k2", "k6"}


def test_a_delta_that_names_what_nobody_has_is_refused_and_one_that_closes_a_school_asks(
    engine: sa.Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path / "a")
    with pytest.raises(ImportFileErrors, match=r"enrollments.csv, line 2: user 'k7'"):
        take(engine, tmp_path / "b", delta(enrollments="e9,active,n-2,north,k7,student,,,\n"))
    closing = delta(orgs="south,tobedeleted,,南校,school,,bureau\n")
    with pytest.raises(Conflict, match="1 of 1 students of south"):
        take(engine, tmp_path / "c", closing)
    take(engine, tmp_path / "d", closing, confirmed=True)
    assert column(engine, students.c.active, students.c.school == "south") == {False}
    assert column(engine, students.c.active, students.c.school == "north") == {True}


def test_mass_removal_is_refused_before_anything_is_changed_and_the_record_says_why(
    engine: sa.Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path / "a")
    gone = {**CITY, "users.csv": CITY["users.csv"].replace("k3,,true", "k3,,false").replace("二,李", "贰,李")}
    with pytest.raises(Conflict, match=r"1 of 4 students of north: more than 20%.*--confirm"):
        take(engine, tmp_path / "b", gone)
    assert column(engine, students.c.name, students.c.id == "k2") == {"李二"}
    with db.read(engine) as conn:
        trouble = standing(conn, "north").trouble
    assert trouble is not None
    assert (trouble.state, "1 of 4 students" in trouble.reason) == ("refused", True)
    take(engine, tmp_path / "c", gone, removal_share=0.3)
    with db.read(engine) as conn:
        assert standing(conn, "north").trouble is None


def test_every_wrong_row_is_named_up_to_a_limit_and_the_rest_counted(engine: sa.Engine, tmp_path: Path) -> None:
    broken = {
        **CITY,
        "users.csv": CITY["users.csv"].replace("k2,,true,north,student", "k1,,true,north,student"),
        "enrollments.csv": CITY["enrollments.csv"] + "e11,,n-9,north,k1,student,,,\ne12,,n-1,north,k9,student,,x,\n",
        "classes.csv": CITY["classes.csv"].replace("七2班", ""),
    }
    with pytest.raises(ImportFileErrors) as caught:
        take(engine, tmp_path / "a", broken)
    told = str(caught.value)
    for line in (
        "classes.csv, line 3: title is empty",
        "users.csv, line 3: the user 'k1' is already on line 2",
        "enrollments.csv, line 10: class 'n-9' is not among the classes",
        "enrollments.csv, line 11: beginDate is not a date",
        "enrollments.csv, line 3: user 'k2' is not among the users",
    ):
        assert line in told
    with pytest.raises(ImportFileErrors, match=r"\.\.\. and \d+ more problems"):
        take(engine, tmp_path / "b", broken, limit=2)
    assert column(engine, schools.c.id) == set()


def test_rows_that_do_not_hold_can_be_left_out_and_are_then_told(engine: sa.Engine, tmp_path: Path) -> None:
    broken = {**CITY, "enrollments.csv": CITY["enrollments.csv"] + "e11,,n-9,north,k1,student,,,\n"}
    report = take(engine, tmp_path / "a", broken, leave_out=True)
    assert report.left_out == 1
    with db.read(engine) as conn:
        assert recent(conn, "north")[0].problems == ("enrollments.csv, line 10: class 'n-9' is not among the classes",)


def test_an_enrolment_moves_a_student_on_the_day_it_begins(engine: sa.Engine, tmp_path: Path) -> None:
    moves = CITY["enrollments.csv"].replace("e2,,n-1,north,k2,student,,,", "e2,,n-1,north,k2,student,,,2026-09-14")
    moves += "e9,,n-2,north,k2,student,,2026-09-14,\n"
    take(engine, tmp_path / "a", {**CITY, "enrollments.csv": moves})
    seen = []
    for day in (date(2026, 9, 11), date(2026, 9, 14)):
        with db.write(engine) as conn:
            plan(conn, "north", day, local("06:00", day), local("06:00").tzinfo)  # type: ignore[arg-type]
        seen.append(column(engine, students.c.class_id, students.c.id == "k2"))
    assert seen == [{"n-1"}, {"n-2"}]


def test_one_school_is_taken_from_a_city_and_keeps_its_own_id_in_later_deltas(
    engine: sa.Engine, tmp_path: Path
) -> None:
    one = dict(CITY)
    for name in ("orgs.csv", "classes.csv", "users.csv", "enrollments.csv"):
        lines = CITY[name].replace('"north,south"', "north").splitlines(keepends=True)
        one[name] = "".join(line for line in lines if "south" not in line)
    run = RosterRun(engine, "school-1", VirtualClock(NOW), Wishes())
    run.take_file(write_sheets(tmp_path / "a", one), "command")
    run.take_file(
        write_sheets(tmp_path / "b", delta(users="k2,active,true,north,student,k2,贰,李,,,,g3,07,\n")), "command"
    )
    assert column(engine, students.c.school) == {"school-1"}
    assert column(engine, students.c.name, students.c.id == "k2") == {"李贰"}
    assert len(column(engine, students.c.id, students.c.active)) == 4
    with pytest.raises(Conflict, match=r"no school 'school-2'; it has: north, south"):
        RosterRun(engine, "school-2", VirtualClock(NOW), Wishes()).dry(write_sheets(tmp_path / "c", CITY))


# -- encodings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_exports_of_chinese_systems_are_read_in_their_encoding(
    engine: sa.Engine, tmp_path: Path, encoding: str, end: str
) -> None:
    sheets = {name: text.replace("\n", end).encode(encoding) for name, text in CITY.items()}
    running(engine).take_file(write_sheets(tmp_path / "a", sheets), "command")
    assert column(engine, students.c.name, students.c.id == "k2") == {"李二"}
    assert column(engine, classes.c.title, classes.c.id == "n-1") == {"七1班"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "orgs.csv, line 1: is empty"),
        (CITY["orgs.csv"].encode().replace(b"north,,", b"no\x00rth,,"), "orgs.csv, line 3: holds a NUL byte"),
        (CITY["orgs.csv"].encode("utf-16"), "orgs.csv, line 1: is UTF-16"),
        ("sourcedId,name\nx,Ren\xe9e\ny,Jos\xe9\n".encode("latin-1"), "orgs.csv, line 2: is neither UTF-8 nor GB18030"),
        (CITY["orgs.csv"].replace("北校", '"北校').encode(), "orgs.csv, line 4: is not valid CSV"),
        (CITY["orgs.csv"].encode()[:-5] + b"\xe5", "orgs.csv, line 4: is neither"),
    ],
)
def test_text_that_cannot_be_read_is_refused_by_file_and_line(
    engine: sa.Engine, tmp_path: Path, raw: bytes, told: str
) -> None:
    with pytest.raises(ImportFileError, match=told):
        running(engine).dry(write_sheets(tmp_path / "a", {**CITY, "orgs.csv": raw}))


# -- passwords ---------------------------------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["sds_v2", "sds_v1/25_users"])
@pytest.mark.parametrize("how", ["well", "badly"])
def test_a_password_is_nowhere_in_database_record_log_or_error(
    engine: sa.Engine, real_data: Path, tmp_path: Path, name: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    sheets = {file.name: file.read_bytes() for file in (real_data / "roster" / name).iterdir()}
    if how == "badly":  # every user twice: each of their rows is told as wrong
        users = "users.csv" if "users.csv" in sheets else "Student.csv"
        sheets[users] += sheets[users].partition(b"\n")[2]
    folder = write_sheets(tmp_path / "a", sheets)
    told = ""
    with caplog.at_level(logging.DEBUG):
        try:
            running(engine).take_file(folder, "command")
        except ImportFileErrors as error:
            told = str(error)
    assert bool(told) == (how == "badly")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("campus.db*"))
    assert b"P@ss" in b"".join(sheets.values())
    assert b"P@ss" not in kept
    assert "P@ss" not in told + caplog.text
