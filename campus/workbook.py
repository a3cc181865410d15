"""Workbooks (XLSX) written row by row, for people: heads in bold, numbers as numbers, text as text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from campus.cells import readable

Cell = str | int | float | date | None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet: its head, the rows below, the width of its columns in letters, the first cell that scrolls."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int]
    scrolls: str = "A2"


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as a file. A sheet that can be read again would cost twice as much."""
    book = Workbook(write_only=True)
    for one in sheets:
        _write(book.create_sheet(one.title), one)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write(sheet: WriteOnlyWorksheet, said: Sheet) -> None:
    sheet.freeze_panes = said.scrolls
    for number, width in enumerate(said.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    bold = Font(bold=True)
    heads = [_text(sheet, head) for head in said.head]
    for head in heads:
        head.font = bold
    sheet.append(heads)
    for row in said.rows:
        sheet.append([_as_said(sheet, cell) for cell in row])


def _as_said(sheet: WriteOnlyWorksheet, cell: Cell) -> Cell | WriteOnlyCell:
    """A name from a file may begin as a formula or an error does: it is text."""
    if not isinstance(cell, str):
        return cell
    return _text(sheet, cell) if cell.startswith(("=", "#")) else readable(cell)


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=readable(text))
    cell.data_type = "s"
    return cell
