"""Labels to stick on devices: name, place, asset number and a QR code, on sheets that shops sell, as a PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import msgspec
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from campus.errors import Conflict
from campus.pdf import FONT, make_ready
from campus.qr import QUIET, dark_runs, modules


class Sheet(msgspec.Struct, frozen=True):
    """A sheet of labels; lengths in millimetres, ``left`` and ``top`` to the first label, ``across``, ``down`` from
    the edge of one label to that of the next."""

    page: tuple[float, float]
    columns: int
    rows: int
    size: tuple[float, float]
    left: float = 0.0
    top: float = 0.0
    across: float = 0.0
    down: float = 0.0


SHEETS: dict[str, Sheet] = {
    "a4-24": Sheet((210, 297), 3, 8, (70, 36), 0, 4.5, 70, 36),
    "a4-65": Sheet((210, 297), 5, 13, (38.1, 21.2), 4.75, 10.7, 40.6, 21.2),
    "a4-14": Sheet((210, 297), 2, 7, (99.1, 38.1), 4.65, 15.15, 101.6, 38.1),
    "roll-62x29": Sheet((62, 29), 1, 1, (62, 29)),
    "roll-40x30": Sheet((40, 30), 1, 1, (40, 30)),
}


class Label(msgspec.Struct, frozen=True):
    """What one label says; ``code`` is what its QR code holds, the lines stand under the name."""

    name: str
    lines: tuple[str, ...]
    code: str


def as_pdf(labels: Sequence[Label], sheet: str, skip: int = 0) -> bytes:
    """The labels on ``sheet``, the first ``skip`` places left free (a sheet that was begun).

    Raises `Conflict` for a sheet nobody knows and for no labels.
    """
    if sheet not in SHEETS:
        raise Conflict(f"there is no sheet {sheet!r}; use one of {', '.join(SHEETS)}")
    if not labels:
        raise Conflict("there is no device to print a label for")
    form = SHEETS[sheet]
    each_page = form.columns * form.rows
    make_ready()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(form.page[0] * mm, form.page[1] * mm))
    canvas.setTitle("Labels")
    for number, label in enumerate(labels, skip % each_page):
        if number and number % each_page == 0:
            canvas.showPage()
        row, column = divmod(number % each_page, form.columns)
        left = form.left + column * form.across
        bottom = form.page[1] - form.top - row * form.down - form.size[1]
        _draw(canvas, label, left * mm, bottom * mm, form.size[0] * mm, form.size[1] * mm)
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, label: Label, left: float, bottom: float, width: float, height: float) -> None:
    margin = 1.5 * mm
    edge = min(height - 2 * margin, width * 0.45)
    _draw_code(canvas, label.code, left + margin, bottom + (height - edge) / 2, edge)
    begins = left + margin + edge + margin
    room = left + width - margin - begins
    big = min(11.0, height / 6)
    top = bottom + height - margin - big
    sizes = [big, *(max(5.0, big * 0.72) for _ in label.lines)]
    for text, size in zip((label.name, *label.lines), sizes, strict=True):
        canvas.setFont(FONT, size)
        canvas.drawString(begins, top, fitted(text, size, room))
        top -= size * 1.45


def _draw_code(canvas: Canvas, code: str, left: float, bottom: float, edge: float) -> None:
    """The code with its quiet zone as one path; its numbers are written here: the canvas takes ten times as long."""
    rows = modules(code)
    module = edge / (len(rows) + 2 * QUIET)
    steps = range(len(rows) + 1)
    wide = [f"{step * module:.3f}" for step in steps]
    across = [f"{left + (QUIET + step) * module:.3f}" for step in steps]
    down = [f"{bottom + edge - (QUIET + 1 + step) * module:.3f}" for step in steps]
    drawn = [f"{across[x]} {down[y]} {wide[length]} {wide[1]} re" for y, x, length in dark_runs(rows)]
    canvas.drawPath(PDFPathObject(drawn), stroke=0, fill=1)


def fitted(text: str, size: float, room: float) -> str:
    """``text`` cut, with an ellipsis, to what fits into ``room`` points at ``size``."""
    if pdfmetrics.stringWidth(text, FONT, size) <= room:
        return text
    while text and pdfmetrics.stringWidth(text + "…", FONT, size) > room:
        text = text[:-1]
    return text + "…"
