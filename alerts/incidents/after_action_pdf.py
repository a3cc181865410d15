"""The report of an incident or a drill as a document: figures, the slowest classes, who was missing, what happened."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import msgspec
from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from alerts.incidents.after_action import AfterAction
from alerts.incidents.incidents import Incident

_FONT = "STSong-Light"  # one of the fonts every PDF reader brings for Chinese
_KINDS = {"evacuation": "疏散 Evacuation", "lockdown": "封闭 Lockdown"}
_WIDTH, _HEIGHT = 470.0, 130.0
MOST_NAMED = 400


class Unaccounted(msgspec.Struct, frozen=True, kw_only=True):
    """A student nobody had accounted for at the end, with the last place and time a gate saw the student."""

    name: str
    class_title: str
    missing: bool
    place: str
    seen_at: datetime | None


class Happening(msgspec.Struct, frozen=True):
    """A line of the time line; both languages in one text."""

    at: datetime
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the document says. ``accounted`` are the moments at which students were, in order."""

    school: str
    incident: Incident
    opened_by: str
    closed_by: str
    figures: AfterAction
    titles: Mapping[str, str]  # class id -> title
    accounted: tuple[datetime, ...]
    unaccounted: tuple[Unaccounted, ...]
    happenings: tuple[Happening, ...]
    made_at: datetime
    made_by: str


def as_pdf(report: Report, zone: ZoneInfo) -> bytes:
    """The document, A4, in Chinese and English; times are of ``zone``."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    file = io.BytesIO()
    exercise = report.incident.exercise
    title = f"{'演练 Drill: ' if exercise else ''}{_KINDS[report.incident.kind]}"
    parts: list[Flowable] = [
        Paragraph(escape(f"{report.school} · {title}"), _style(17, 26)),
        *(
            [Paragraph("演练 EXERCISE · 非真实事件 not a real incident", _style(11, 18, colors.firebrick))]
            if exercise
            else []
        ),
        _facts(report, zone),
        *_section("清点用时 Time until accounted for", [_curve(report), _within(report.figures)]),
        *_section("各班（慢者在前） Classes, the slowest first", [_classes(report)]),
        *_section("结束时未清点到 Not accounted for at the end", [_unaccounted(report, zone)]),
        *_section("经过 Time line", [_timeline(report, zone)]),
    ]

    def foot(canvas: object, document: object) -> None:
        canvas.setFont(_FONT, 8)  # type: ignore[attr-defined]  # reportlab has no types
        said = f"{_at(report.made_at, zone)} · {report.made_by} · {report.incident.id} · {document.page}"  # type: ignore[attr-defined]
        canvas.drawString(60, 30, said)  # type: ignore[attr-defined]

    document = SimpleDocTemplate(file, pagesize=A4, title=title, author=report.school, bottomMargin=50, topMargin=50)
    document.build(parts, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _facts(report: Report, zone: ZoneInfo) -> Table:
    incident, figures = report.incident, report.figures
    ended = _at(incident.closed_at, zone) if incident.closed_at else "进行中 running"
    lasted = _seconds((incident.closed_at - incident.opened_at).total_seconds()) if incident.closed_at else "—"
    return _table(
        [
            ("开始 Began", f"{_at(incident.opened_at, zone)} · {report.opened_by}"),
            ("解除 All clear", f"{ended} · {report.closed_by}" if report.closed_by else ended),
            ("历时 Lasted", lasted),
            ("应到 To be accounted for", str(figures.total)),
            ("已清点 Accounted for", str(figures.accounted)),
            ("未清点 Open / 失联 Missing", f"{figures.open} / {figures.missing}"),
            ("说明 Note", incident.note or "—"),
        ],
        (150, 320),
        head=False,
    )


def _curve(report: Report) -> Drawing:
    """The share accounted for over the time; the axis ends with the last of them or the all-clear."""
    drawing = Drawing(_WIDTH, _HEIGHT + 26)
    begun, total = report.incident.opened_at, max(1, report.figures.total)
    seconds = [max(0.0, (one - begun).total_seconds()) for one in report.accounted]
    ends = report.incident.closed_at or report.made_at
    span = max([*seconds, (ends - begun).total_seconds(), 1.0])
    points, reached = [0.0, 0.0], 0.0
    for number, second in enumerate(seconds, start=1):
        x, y = second / span * _WIDTH, number / total * _HEIGHT
        points += [x, reached, x, y]
        reached = y
    points += [_WIDTH, reached]
    for share in (50, 90, 100):
        y = share / 100 * _HEIGHT
        drawing.add(Line(0, 16 + y, _WIDTH, 16 + y, strokeColor=colors.lightgrey))
        drawing.add(String(2, 18 + y, f"{share} %", fontName=_FONT, fontSize=7, fillColor=colors.grey))
    moved = [value + 16.0 * (index % 2) for index, value in enumerate(points)]
    drawing.add(PolyLine(moved, strokeColor=colors.HexColor(0x14665A), strokeWidth=1.5))
    drawing.add(Line(0, 16, _WIDTH, 16, strokeColor=colors.grey))
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        text = _seconds(span * part)
        drawing.add(String(_WIDTH * part, 4, text, fontName=_FONT, fontSize=8, textAnchor=anchor))
    return drawing


def _within(figures: AfterAction) -> Table:
    rows = [(f"{share} %", _seconds(reached)) for share, reached in sorted(figures.within.items())]
    return _table([("份额 Share", "用时 Within"), *rows], (100, 120))


def _classes(report: Report) -> Table:
    rows = [
        (
            report.titles.get(one.class_id, one.class_id) or "—",
            f"{one.accounted} / {one.total}",
            _seconds(one.complete_s),
        )
        for one in report.figures.classes
    ]
    return _table([("班级 Class", "清点 Accounted", "清点完成 Complete within"), *rows], (170, 120, 180))


def _unaccounted(report: Report, zone: ZoneInfo) -> Flowable:
    if not report.unaccounted:
        return Paragraph("无，全部清点到。 Nobody: everyone was accounted for.", _style(10, 16))
    rows = [
        (
            one.class_title,
            one.name,
            "失联 missing" if one.missing else "未清点 open",
            f"{one.place} {_at(one.seen_at, zone)}" if one.seen_at else "—",
        )
        for one in report.unaccounted[:MOST_NAMED]
    ]
    if (more := len(report.unaccounted) - MOST_NAMED) > 0:
        rows.append(("…", f"另有 and {more}", "", ""))
    return _table([("班级 Class", "姓名 Name", "状态 State", "最后出现 Last seen"), *rows], (90, 90, 90, 200))


def _timeline(report: Report, zone: ZoneInfo) -> Table:
    rows = [(_at(one.at, zone), one.text) for one in report.happenings]
    return _table([("时间 Time", "事件 What happened"), *rows], (130, 340))


def _section(title: str, parts: Sequence[Flowable]) -> list[Flowable]:
    return [Spacer(1, 10), Paragraph(title, _style(12, 20)), *parts]


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float], *, head: bool = True) -> Table:
    text = _style(9, 13)
    cells = [[Paragraph(escape(cell), text) for cell in row] for row in rows]
    table = Table(cells, colWidths=list(widths), repeatRows=int(head), hAlign="LEFT")
    shaded = ((0, 0), (-1, 0)) if head else ((0, 0), (0, -1))
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", *shaded, colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _style(size: float, leading: float, colour: colors.Color = colors.black) -> ParagraphStyle:
    return ParagraphStyle(f"s{size}", fontName=_FONT, fontSize=size, leading=leading, textColor=colour, wordWrap="CJK")


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "未达到 never"
    return f"{int(seconds // 60)} 分 min {int(seconds % 60)} 秒 s" if seconds >= 60 else f"{int(seconds)} 秒 s"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
