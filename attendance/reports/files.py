"""Reports as files: a class or a school as a spreadsheet (XLSX) and as CSV. No query is made here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from attendance.policy import STATUSES, Status
from attendance.register.statuses import StatusName
from attendance.reports.figures import GroupFigures, RegisterRow, StudentFigures, student_figures
from attendance.reports.student_days import ARRIVAL
from campus.cells import RUN
from campus.workbook import Cell, Sheet, workbook

Names = Mapping[Status, StatusName]
_GROUP_HEADS = (
    "年级 Grade", "班级 Class", "学生 Students", "人次 Student-days", "未到 Away", "迟到 Late", "出勤率 % Attendance",
    "缺勤警戒 Chronic absence",
)  # fmt: skip


def class_xlsx(rows: Sequence[RegisterRow], names: Names) -> bytes:
    """A class's span: the figures of each student, and the register of arrivals, students down and days across."""
    used = [status for status in STATUSES if any(row.status == status for row in rows)]
    called = [f"{names[status].name} {names[status].name_en}" for status in used]
    head = ["学号 Id", "姓名 Name", "天数 Days", *called, "未到 % Away", "其他缺课 Other sessions missed"]
    lines = [_figures(one, used) for one in student_figures(rows)]
    return workbook([_sheet("统计 Figures", head, lines), _register(rows, names)])


def _figures(one: StudentFigures, used: Sequence[Status]) -> list[Cell]:
    share = None if one.share is None else round(100 * one.share, 1)
    return [one.student, one.name, one.days, *(one.by_status.get(status, 0) for status in used), share, one.missed]


def _register(rows: Sequence[RegisterRow], names: Names) -> Sheet:
    arrivals = [row for row in rows if row.kind == ARRIVAL]
    days = sorted({row.day for row in arrivals})
    codes = {(row.student, row.day): names[row.status].code for row in arrivals if row.status}
    lines: list[list[Cell]] = [
        [student, name, *(codes.get((student, day), "") for day in days)]
        for student, name in sorted({(row.student, row.name) for row in arrivals})
    ]
    lines.append([])
    lines += [[names[status].code, f"{names[status].name} {names[status].name_en}"] for status in STATUSES]
    return _sheet("登记表 Register", ["学号 Id", "姓名 Name", *(day.isoformat() for day in days)], lines)


def _sheet(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Sheet:
    return Sheet(title=title, head=head, rows=rows, widths=[14] * len(head), scrolls="C2")


def class_csv(rows: Iterable[RegisterRow], names: Names) -> bytes:
    """A class's span with one line for each current mark, for other programs."""
    heads = ("student", "name", "day", "kind", "period", "status", "code", "why", "by_machine", "reason")
    lines = (
        (
            row.student, row.name, row.day.isoformat(), row.kind, row.period, row.status or "",
            names[row.status].code if row.status else "", row.why, "yes" if row.by == "machine" else "no", row.reason,
        )
        for row in rows
    )  # fmt: skip
    return _csv(heads, lines)


def school_xlsx(figures: Sequence[GroupFigures]) -> bytes:
    """The school, its grades and classes, without any student."""
    return workbook([_sheet("全校 School", _GROUP_HEADS, [_group_cells(one) for one in figures])])


def school_csv(figures: Iterable[GroupFigures]) -> bytes:
    """The same as `school_xlsx`, as CSV."""
    return _csv(_GROUP_HEADS, (_group_cells(one) for one in figures))


def _group_cells(one: GroupFigures) -> list[Cell]:
    share = None if one.attendance is None else round(100 * one.attendance, 2)
    title = one.title if one.class_id else ("合计 All" if one.grade else "全校 School")
    return [one.grade, title, one.students, one.days, one.away, one.late, share, one.chronic]


def _csv(heads: Sequence[str], lines: Iterable[Sequence[Cell]]) -> bytes:
    """CSV with a byte order mark, so that spreadsheets read the Chinese; no cell can be taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(heads)
    for line in lines:
        writer.writerow(["" if cell is None else _plain(cell) for cell in line])
    return file.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUN) and cell != "-" else cell
