"""Reports as files: what they say is what the register says, no cell is a formula, each export is logged."""

import csv
import io

import msgspec
import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS
from openpyxl import load_workbook
from pypdf import PdfReader
from term_seed import pupils, write_term

from attendance.register.statuses import DEFAULT_NAMES
from attendance.reports.figures import RegisterRow
from attendance.reports.files import class_csv, class_xlsx
from attendance.tables import students
from campus import db
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import DAY

API = "/api/v1"
SPAN = {"first": "2026-08-10", "last": "2026-09-04"}


def test_a_students_term_is_a_document_with_figures_weeks_and_exceptions(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    student = pupils(seeded)[0]
    answer = sign_in("teacher").get(f"{API}/students/{student}/report", params=SPAN)
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "学期考勤报告" in text
    assert "2026-08-10 – 2026-09-04" in text
    assert text.count("12 分钟 min") == 4  # late on each of four Mondays


def test_a_class_is_a_workbook_of_figures_and_the_register(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    answer = sign_in("teacher").get(f"{API}/classes/{OWN_CLASS}/report", params=SPAN)
    figures, register = load_workbook(io.BytesIO(answer.content)).worksheets
    first = next(row for row in figures.iter_rows(values_only=True) if row[0] == pupils(seeded)[0])
    assert first[2:4] == (20, 16)  # days, present
    codes = next(row for row in register.iter_rows(values_only=True) if row[0] == pupils(seeded)[0])
    assert codes[2:7] == ("L", "P", "P", "P", "P")


def test_a_class_as_csv_has_a_line_for_each_mark(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    answer = sign_in("teacher").get(f"{API}/classes/{OWN_CLASS}/report", params={**SPAN, "form": "csv"})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 20 * len(pupils(seeded))
    assert {line["status"] for line in lines} == {"present", "late", "sick", "absent"}


def test_a_name_that_looks_like_a_formula_stays_text(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded, weeks=2)
    student = pupils(seeded)[0]
    with db.write(seeded) as conn:
        conn.execute(students.update().where(students.c.id == student).values(name="=1+1"))
    content = sign_in("teacher").get(f"{API}/classes/{OWN_CLASS}/report").content
    cell = next(
        row[1] for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows() if row[0].value == student
    )
    assert (cell.data_type, cell.value) == ("s", "=1+1")
    row = RegisterRow("s-1", "=1+1", DAY, "arrival", "arrival", "late", "gate_pass", "machine", "")
    assert b"'=1+1" in class_csv([row], DEFAULT_NAMES)
    odd = msgspec.structs.replace(row, name="Li\x0b Fang")
    assert load_workbook(io.BytesIO(class_xlsx([odd], DEFAULT_NAMES))).worksheets[0]["B2"].value == "Li\ufffd Fang"


def test_the_school_is_told_by_grade_and_class_without_any_student(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    answer = sign_in("office").get(f"{API}/attendance-report", params={**SPAN, "form": "csv"})
    text = answer.content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1][1:4] == ["全校 School", "1200", str(20 * len(pupils(seeded)))]
    assert len(lines) == 1 + 1 + 3 + 30  # head, school, grades, classes
    assert [student for student in pupils(seeded) if student in text] == []


@pytest.mark.parametrize("path", [f"/classes/{FOREIGN_CLASS}/report", "/students/no-such/report"])
def test_nobody_exports_what_is_not_their_own(path: str, sign_in: SignIn) -> None:
    assert sign_in("teacher").get(API + path).status_code == 404


def test_every_export_is_in_the_access_log(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    teacher.get(f"{API}/classes/{OWN_CLASS}/report", params={**SPAN, "form": "csv"})
    assert teacher.get(f"{API}/attendance-report").status_code == 403
    wrong = {"first": "2026-09-04", "last": "2026-08-10"}
    assert teacher.get(f"{API}/classes/{OWN_CLASS}/report", params=wrong).status_code == 409
    (first, *_) = sign_in("admin").get(f"{API}/platform").json()["access"]
    assert (first["action"], first["subject"]) == ("report.export", f"{OWN_CLASS} 2026-08-10/2026-09-04 csv")
