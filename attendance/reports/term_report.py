"""A student's term as a document (PDF) to hand to guardians: figures, weeks, the days that were not in time."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from xml.sax.saxutils import escape

import msgspec
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from attendance.policy import Status
from attendance.register.statuses import StatusName
from attendance.reports.student_days import CalendarCell, SessionMark, arrivals, calendar, share
from campus.pdf import FONT, make_ready

_WEEKDAYS = ("周 Week", "一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")
_PLAIN: frozenset[Status | None] = frozenset({"present", "official", "not_required", None})
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=10, leading=15)
_SMALL = ParagraphStyle("small", fontName=FONT, fontSize=8.5, leading=12)
_TITLE = ParagraphStyle("title", fontName=FONT, fontSize=16, leading=24)
_HEAD = ParagraphStyle("head", fontName=FONT, fontSize=11, leading=18, spaceBefore=8)


class TermReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a term report says of a student; ``made`` is the local day it was made on."""

    school: str
    class_title: str
    student: str
    name: str
    first: date
    last: date
    made: date
    marks: tuple[SessionMark, ...]


def term_pdf(report: TermReport, names: Mapping[Status, StatusName]) -> bytes:
    """The report as a PDF on A4, in Chinese and English."""
    make_ready()
    cells = calendar(report.marks)
    parts: list[Flowable] = [
        Paragraph("学期考勤报告 Attendance report", _TITLE),
        Paragraph(escape(f"{report.school}　{report.class_title}　{report.name}（{report.student}）"), _TEXT),
        Paragraph(f"{report.first} – {report.last}　制表 made {report.made}", _TEXT),
        Paragraph("统计 Figures", _HEAD),
        _figures(cells, names),
        Paragraph("逐周 Week by week", _HEAD),
        _weeks(cells, names),
        Paragraph(escape(_legend(cells, names)), _SMALL),
        Paragraph("未正常出勤 Not in time", _HEAD),
        _exceptions(report.marks, names),
        Spacer(1, 28),
        Paragraph("班主任 Class teacher: ____________________　　家长 Guardian: ____________________", _TEXT),
    ]
    file = io.BytesIO()
    title = f"Attendance {report.student} {report.first} {report.last}"
    SimpleDocTemplate(file, pagesize=A4, title=title, topMargin=42, bottomMargin=42).build(parts)
    return file.getvalue()


def _figures(cells: Sequence[CalendarCell], names: Mapping[Status, StatusName]) -> Flowable:
    days = arrivals(cells)
    all_ = share(days)
    away = f"{all_.away} ({100 * all_.away / all_.days:.1f} %)" if all_.days else "—"
    counts = {status: sum(one.status == status for one in days) for status in {one.status for one in days}}
    heads = ["天数 Days", "未到 Away", *(f"{names[status].name} {names[status].name_en}" for status in sorted(counts))]
    return _table([heads, [str(all_.days), away, *(str(counts[status]) for status in sorted(counts))]])


def _weeks(cells: Sequence[CalendarCell], names: Mapping[Status, StatusName]) -> Flowable:
    """One line a week, Monday first, each day with the code of its most urgent status."""
    by_day = {cell.day: names[cell.status].code for cell in cells if cell.status}
    mondays = sorted({cell.day - timedelta(days=cell.day.isoweekday() - 1) for cell in cells})
    lines = [
        [monday.isoformat(), *(by_day.get(monday + timedelta(days=one), "") for one in range(7))] for monday in mondays
    ]
    return _table([list(_WEEKDAYS), *lines])


def _legend(cells: Sequence[CalendarCell], names: Mapping[Status, StatusName]) -> str:
    used = sorted({cell.status for cell in cells if cell.status})
    return "　".join(f"{names[status].code} {names[status].name} {names[status].name_en}" for status in used)


def _exceptions(found: Sequence[SessionMark], names: Mapping[Status, StatusName]) -> Flowable:
    odd = [one for one in found if one.status not in _PLAIN]
    if not odd:
        return Paragraph("无 None", _TEXT)
    lines = [[one.day.isoformat(), f"{one.name_zh} {one.name_en}", _said(one, names)] for one in odd]
    body = [[line[0], line[1], Paragraph(escape(line[2]), _SMALL)] for line in lines]
    return _table([["日期 Day", "节次 Session", "情况 What"], *body], widths=[70, 150, 280])


def _said(one: SessionMark, names: Mapping[Status, StatusName]) -> str:
    assert one.status is not None
    minutes = f" {one.evidence['minutes']} 分钟 min" if one.evidence.get("minutes") else ""
    words = f"：{one.reason}" if one.reason else ""
    return f"{names[one.status].name} {names[one.status].name_en}{minutes}{words}"


def _table(rows: Sequence[Sequence[str | Flowable]], widths: Sequence[int] | None = None) -> Flowable:
    table = Table([list(row) for row in rows], colWidths=widths, repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT, 8.5),
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table
