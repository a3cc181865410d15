"""Rosters as schools export them: read, brought in step, and refused by file and line when they cannot hold."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import ROSTER, SCHOOL, local, write_roster

from attendance.roster.read import read_roster
from attendance.roster.store import apply_roster, diff_roster
from attendance.tables import classes, enrolments, students, teachers
from campus import db
from campus.errors import Conflict, ImportFileError

NOW = local("06:40")


def changed(name: str, old: str, new: str) -> dict[str, str]:
    """The small roster with one text of one sheet replaced."""
    assert old in ROSTER[name]
    return {**ROSTER, name: ROSTER[name].replace(old, new)}


def count(engine: sa.Engine, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with db.read(engine) as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def take(
    engine: sa.Engine, folder: Path, sheets: dict[str, str] = ROSTER, *, confirmed: bool = False
) -> tuple[int, ...]:
    """Apply a roster; how many things were added, changed and removed."""
    with db.write(engine) as conn:
        diff = apply_roster(conn, SCHOOL, read_roster(write_roster(folder, sheets)), NOW, confirmed=confirmed)
    return len(diff.added), len(diff.changed), len(diff.removed)


def test_a_roster_is_taken_over_and_a_second_time_changes_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    assert take(engine, tmp_path / "a") == (3 + 3 + 2 + 7, 0, 0)
    assert take(engine, tmp_path / "b") == (0, 0, 0)
    assert (count(engine, students), count(engine, teachers), count(engine, classes)) == (3, 2, 3)


def test_guardians_and_passwords_are_left_where_they_are(engine: sa.Engine, tmp_path: Path) -> None:
    roster = read_roster(write_roster(tmp_path / "a"))
    assert {person.id for person in roster.people} == {"t-1", "t-2", "s-1", "s-2", "s-3"}
    assert "P@ss" not in repr(roster)


def test_a_dry_run_shows_the_differences_and_changes_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    take(engine, tmp_path / "a")
    moved = changed("users.csv", "小红,李,07", "小虹,李,07")
    with db.write(engine) as conn:
        diff = diff_roster(conn, SCHOOL, read_roster(write_roster(tmp_path / "b", moved)), NOW)
    assert [(change.key, change.fields) for change in diff.changed] == [(("s-2",), ("name",))]
    assert count(engine, students, students.c.name == "李小红") == 1


def test_a_student_who_left_becomes_inactive_and_a_fifth_of_them_only_when_confirmed(
    engine: sa.Engine, tmp_path: Path
) -> None:
    take(engine, tmp_path / "a")
    gone = changed("users.csv", "s-3,true", "s-3,false")
    gone["enrollments.csv"] = gone["enrollments.csv"].replace("e-3,c-2,s-3,student,\n", "")
    with pytest.raises(Conflict, match="confirm"):
        take(engine, tmp_path / "b", gone)
    assert count(engine, students, students.c.active) == 3
    assert take(engine, tmp_path / "c", gone, confirmed=True)[2] == 2
    assert count(engine, students, students.c.active) == 2
    assert count(engine, students) == 3  # history stays


def test_a_zip_is_read_as_its_folder_is(tmp_path: Path) -> None:
    folder = write_roster(tmp_path / "a")
    shutil.make_archive(str(tmp_path / "roster"), "zip", folder)
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as packed:
        for sheet in folder.iterdir():
            packed.write(sheet, f"export/{sheet.name}")
    assert read_roster(tmp_path / "roster.zip") == read_roster(folder) == read_roster(tmp_path / "nested.zip")


@pytest.mark.parametrize(
    ("sheet", "old", "new", "named"),
    [
        ("enrollments.csv", "e-1,c-1", "e-1,c-9", r"enrollments.csv, line 2: .*c-9"),
        ("enrollments.csv", "c-1,s-2", "c-1,s-9", r"enrollments.csv, line 3: .*s-9"),
        ("enrollments.csv", "c-1,s-2,student", "c-1,s-1,student", r"enrollments.csv, line 3: .*line 2"),
        ("users.csv", "s-2,true", "s-1,true", r"users.csv, line 5: .*'s-1' is already on line 4"),
        ("users.csv", "t-1,true,school-1,teacher", "t-1,true,school-1,", r"users.csv, line 2: .*no role"),
        ("classes.csv", "a-101,school-1", "a-101,school-9", r"classes.csv, line 2: .*school-9"),
        ("classes.csv", "c-2,七年级2班", "c-2,", r"classes.csv, line 3: title is empty"),
        ("manifest.csv", "file.users,bulk", "file.users,delta", r"manifest.csv, .*: users is a delta"),
        ("orgs.csv", "school-1,,晨星中学", "school-1,,", r"orgs.csv, line 2: name is empty"),
    ],
)
def test_a_roster_that_does_not_hold_together_is_refused_by_file_and_line(
    sheet: str, old: str, new: str, named: str, tmp_path: Path
) -> None:
    with pytest.raises(ImportFileError, match=named):
        read_roster(write_roster(tmp_path / "a", changed(sheet, old, new)))


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    folder = write_roster(tmp_path / "a", {name: text for name, text in ROSTER.items() if name != "enrollments.csv"})
    with pytest.raises(ImportFileError, match=r"enrollments\.csv"):
        read_roster(folder)


# -- real rosters ------------------------------------------------------------------------------------------------------

REAL = {"sds_v2": "sds_v2", "sds_v1/min_required": "sds_v1/min_required", "sds_v1/25_users": "sds_v1/25_users"}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_a_real_roster_is_taken_over_whole(engine: sa.Engine, real_data: Path, name: str) -> None:
    roster = read_roster(real_data / "roster" / name)
    schools = sorted({one.school for one in roster.classes})
    for school in schools:
        with db.write(engine) as conn:
            apply_roster(conn, school, roster, NOW)
        with db.write(engine) as conn:
            again = diff_roster(conn, school, roster, NOW)
        assert (again.added, again.changed, again.removed) == ((), (), ())
    pupils = {one.person for one in roster.enrolments if one.role == "student"}
    assert pupils
    assert count(engine, students, students.c.id.in_(pupils)) >= len(pupils)
    assert count(engine, enrolments) == len({(one.class_id, one.role, one.person) for one in roster.enrolments})


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_a_real_roster_with_a_dangling_enrolment_is_refused_by_line(real_data: Path, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(real_data / "roster" / name, folder)
    sheet = next(folder / one for one in ("enrollments.csv", "StudentEnrollment.csv") if (folder / one).exists())
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    cells = lines[1].split(",")
    lines[1] = ",".join("nobody-knows" if cell.strip() else cell for cell in cells)
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ImportFileError, match=rf"{sheet.name}, line 2"):
        read_roster(folder)
