"""The monthly report of a school's devices as a spreadsheet (XLSX) and as a document (PDF)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, tzinfo

import msgspec
import sqlalchemy as sa
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from campus.pdf import FONT, make_ready
from campus.workbook import Sheet, workbook
from devices.presence.availability import Month, month_begin, month_end, records_of
from devices.queries import device_list
from devices.upkeep.tickets import done_counts

_HEADS = (
    "设备 Device", "名称 Name", "类型 Kind", "地点 Place", "可用率 Available %", "达标 Target met",
    "中断次数 Outages", "中断小时 Hours away", "完工工单 Tickets done",
)  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """One device of the report; ``month`` is None for one that was not heard before its end."""

    device: str
    name: str
    kind: str
    place: str
    month: Month | None
    tickets: int = 0  # that were done in the month


def month_lines(conn: sa.Connection, school: str, month: str, now: datetime, zone: tzinfo) -> list[Line]:
    """Every device in use, the least available first; raises `NotFound` for text that is no month."""
    end = min(now, month_end(month, zone))
    counts = done_counts(conn, school, month_begin(month, zone), end)
    records = records_of(conn, school, end, zone, months=1)
    lines = []
    for row in device_list(conn, school, now):
        one = row.device
        this = next((found for found in records[one.id].months if found.month == month), None)
        lines.append(Line(one.id, one.name, one.kind, row.place_name, this, counts.get(one.id, 0)))
    return sorted(lines, key=lambda line: (line.month.share if line.month else 2.0, line.device))


def as_xlsx(lines: Sequence[Line], month: str) -> bytes:
    """The report as a workbook of one sheet named after the month; numbers are numbers."""
    rows = [_cells(line) for line in lines]
    return workbook([Sheet(title=month, head=_HEADS, rows=rows, widths=(18, 24, 12, 20, 18, 16, 18, 20, 20))])


def as_pdf(lines: Sequence[Line], month: str) -> bytes:
    """The report as a document: a title, a sentence, and a table whose head is on every page."""
    make_ready()
    file = io.BytesIO()
    title = ParagraphStyle("title", fontName=FONT, fontSize=16, leading=24)
    text = ParagraphStyle("text", fontName=FONT, fontSize=10, leading=16)
    heard = [line.month for line in lines if line.month]
    missed = sum(not one.meets_target for one in heard)
    said = f"共 {len(lines)} 台设备，{missed} 台未达标。 {len(lines)} devices, {missed} missed the target."
    table = Table([_HEADS, *([str(cell) for cell in _cells(line)] for line in lines)], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT, 8),
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ]
        )
    )
    document = SimpleDocTemplate(file, pagesize=landscape(A4), title=f"Devices {month}")
    document.build([Paragraph(f"设备月报 Devices {month}", title), Paragraph(said, text), Spacer(1, 8), table])
    return file.getvalue()


def _cells(line: Line) -> list[str | float | int]:
    head: list[str | float | int] = [line.device, line.name, line.kind, line.place]
    if line.month is None:
        return [*head, "—", "—", "—", "—", line.tickets]
    one = line.month
    met = "是 yes" if one.meets_target else "否 no"
    return [*head, round(one.share * 100, 3), met, one.failures, round(one.away_s / 3600, 2), line.tickets]
