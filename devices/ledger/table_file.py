"""CSV files that people write: rows with their line numbers, and errors that name file, line and fix."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

import msgspec

from campus.cells import RUN
from campus.errors import ImportFileError

T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TOLD = 50  # problems of one file that are told at once


class ImportProblems(ImportFileError):
    """Several lines of a file are wrong; its text has a line for each."""

    def __init__(self, problems: Sequence[ImportFileError]) -> None:
        first = problems[0]
        super().__init__(first.file, first.line, first.problem)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        told = [ImportFileError.__str__(one) for one in self.problems[:_TOLD]]
        more = len(self.problems) - len(told)
        return "\n".join([*told, *([f"and {more} more"] if more else [])])


class Row(msgspec.Struct, frozen=True):
    """One line of a file; ``cells`` by column name, blanks around them removed."""

    file: str
    line: int
    cells: dict[str, str]

    def error(self, problem: str) -> ImportFileError:
        """The error that names this line."""
        return ImportFileError(self.file, self.line, problem)

    def required(self, column: str) -> str:
        """A cell that must not be empty."""
        value = self.cells[column]
        if not value:
            raise self.error(f"{column} is empty; give it a value")
        return value

    def id(self) -> str:
        """The cell ``id``: it becomes a level of MQTT topics."""
        value = self.required("id")
        if not _ID.fullmatch(value):
            raise self.error(f"id {value!r} is not 1 to 64 letters, digits, '_', '.' or '-' (letter or digit first)")
        return value

    def optional(self, column: str) -> str | None:
        """A cell that may be empty."""
        return self.cells[column] or None

    def choice(self, column: str, choices: Sequence[str]) -> str:
        """A cell that holds one of ``choices``."""
        value = self.cells[column]
        if value not in choices:
            raise self.error(f"{column} {value!r} is none of {', '.join(choices)}")
        return value

    def number(self, column: str, low: float, high: float) -> float | None:
        """A cell that is empty or a number from ``low`` to ``high``."""
        text = self.cells[column]
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.error(f"{column} {text!r} is not a number") from None
        if not low <= value <= high:
            raise self.error(f"{column} {text} is outside {low:g} to {high:g}")
        return value


def each(rows: Sequence[Row], make: Callable[[Row], T]) -> list[T]:
    """What ``make`` makes of each row; when some rows are wrong, raises for all of them at once."""
    made: list[T] = []
    problems: list[ImportFileError] = []
    for row in rows:
        try:
            made.append(make(row))
        except ImportFileError as error:
            problems.append(error)
    if problems:
        raise problems[0] if len(problems) == 1 else ImportProblems(problems)
    return made


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV file that has ``columns`` (others may follow) and unique ids, empty lines left out.

    The file is UTF-8, or GB18030 as spreadsheets in China save it. Raises `ImportFileError` with the line for a file
    that cannot be read, a missing column or a repeated id.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportFileError(path.name, 0, f"cannot be read: {error.strerror}") from None
    return rows_of(path.name, content, columns)


def rows_of(name: str, content: bytes, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV file's ``content``, as `read_rows` has them."""
    rows = list(_rows(name, io.StringIO(_decoded(name, content), newline=""), columns))
    _refuse_repeated(rows)
    return rows


def written(columns: Sequence[str], lines: Sequence[dict[str, str]]) -> bytes:
    """A CSV file that `read_rows` reads back: UTF-8 with a byte order mark, no cell that a spreadsheet would run."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(columns)
    table.writerows([_guarded(line[column]) for column in columns] for line in lines)
    return ("\ufeff" + file.getvalue()).encode()


def _decoded(name: str, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ImportFileError(
        name, 0, "is neither UTF-8 nor GB18030; save it as 'CSV UTF-8' (Excel: 另存为 CSV UTF-8)"
    )  # fmt: skip


def _guarded(text: str) -> str:
    """``text``, with an apostrophe before what a spreadsheet would run; numbers stay numbers."""
    if not text.startswith((*RUN, "'")):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _bare(text: str) -> str:
    """A cell without the apostrophe of `_guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*RUN, "'")) else text


def _rows(name: str, file: TextIO, columns: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(file, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        absent = [column for column in columns if column not in header]
        if absent:
            raise ImportFileError(name, 1, f"column {absent[0]!r} is missing; expected are {','.join(columns)}")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(name, reader.line_num, header, cells)
    except csv.Error as error:
        raise ImportFileError(name, reader.line_num, f"is not CSV: {error}") from None


def _row(name: str, line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise ImportFileError(name, line, f"has {len(cells)} cells where the header has {len(header)}")
    return Row(name, line, {column: _bare(cell.strip()) for column, cell in zip(header, cells, strict=True)})


def _refuse_repeated(rows: Sequence[Row]) -> None:
    lines: dict[str, int] = {}
    for row in rows:
        first = lines.setdefault(row.id(), row.line)
        if first != row.line:
            raise row.error(f"id {row.id()!r} stands in line {first} already")


def refuse_circles(rows: Sequence[Row], parents: dict[str, str | None]) -> None:
    """Raise for the first row that is, over its parents, inside itself. ``parents`` maps id to parent."""
    for row in rows:
        seen = [row.id()]
        above = parents.get(row.id())
        while above is not None:
            if above in seen:
                raise row.error(f"parent leads in a circle: {' > '.join([*seen, above])}")
            seen.append(above)
            above = parents.get(above)
