"""CSV sheets row by row, each row knowing its file and line, from a folder or a zip."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec

from attendance.sheets.sources import Opener, Told, files_of, open_text
from campus.errors import ImportFileError, ImportFileErrors

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Row(msgspec.Struct, frozen=True):
    """One row; columns are looked up without regard to case, and blanks around a value do not count."""

    file: str
    line: int
    cells: dict[str, str]

    def wrong(self, problem: str) -> ImportFileError:
        """The error that this row is: raise it."""
        return ImportFileError(self.file, self.line, problem)

    def maybe(self, *names: str, longest: int = 64) -> str:
        """The first of the columns ``names`` that is filled, or an empty text; an overlong one is an error."""
        value = next((value for name in names if (value := self.cells.get(name.lower(), ""))), "")
        if len(value) > longest:
            raise self.wrong(f"{names[0]} has {len(value)} characters; at most {longest} fit")
        return value

    def need(self, *names: str, longest: int = 64) -> str:
        """The value of the first of ``names`` that is filled; an empty or overlong one is an error."""
        value = self.maybe(*names, longest=longest)
        if not value:
            raise self.wrong(f"{names[0]} is empty; fill it in")
        return value

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """The value of a column that knows only some words."""
        value = self.need(name)
        if value not in known:
            raise self.wrong(f"{name} {value!r} is not known; use one of {', '.join(known)}")
        return value

    def whole(self, name: str, lowest: int, highest: int) -> int:
        """A whole number of a range."""
        value = self.need(name)
        if not (value.isdecimal() and lowest <= int(value) <= highest):
            raise self.wrong(f"{name} {value!r} is not a whole number from {lowest} to {highest}")
        return int(value)

    def minute(self, name: str) -> int:
        """A time of day ``HH:MM`` as minutes after midnight."""
        value = self.need(name)
        try:
            parsed = datetime.strptime(value, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
        except ValueError:
            raise self.wrong(f"{name} {value!r} is not a time of day; write it as 07:30") from None
        return parsed.hour * 60 + parsed.minute

    def day(self, name: str) -> date:
        """A date ``YYYY-MM-DD``."""
        value = self.need(name)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.wrong(f"{name} {value!r} is not a date; write it as 2026-09-07") from None

    def maybe_day(self, *names: str) -> date | None:
        """The date of the first of ``names`` that is filled; also as ``9/7/2026`` (US) and with a time after it."""
        value = self.maybe(*names)
        if not value:
            return None
        found = _US_DATE.match(value)
        try:
            if found:
                month, day, year = map(int, found.groups())
                return date(year, month, day)
            return date.fromisoformat(value[:10])
        except ValueError:
            # The value is not told: in a roster whose columns are shifted it can be anything, a password too.
            raise self.wrong(f"{names[0]} is not a date; write it as 2026-09-07") from None


class Once:
    """Finds rows that repeat a key, and names the line that had it first."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def check(self, row: Row, key: Hashable, what: str) -> None:
        """Raise when ``key`` was seen before."""
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            raise row.wrong(f"{what} is already on line {first}; remove one of the two")


class Problems:
    """The rows that cannot be used: the first ``limit`` are kept, the others counted."""

    def __init__(self, limit: int = 50) -> None:
        self._limit = limit
        self.kept: list[ImportFileError] = []
        self.count = 0

    def add(self, problem: ImportFileError) -> None:
        """Note one more."""
        self.count += 1
        if len(self.kept) < self._limit:
            self.kept.append(problem)

    def each(self, rows: Iterable[Row], use: Callable[[Row], None]) -> None:
        """Use every row; one that is wrong is noted, and the next is used."""
        for row in rows:
            try:
                use(row)
            except ImportFileError as problem:
                self.add(problem)

    def refuse(self) -> None:
        """Raise `ImportFileErrors` when there are any."""
        if self.kept:
            raise ImportFileErrors(self.kept, self.count)


class Sheets:
    """The sheets of a folder or of a zip (at its root or in its only folder); names without regard to case."""

    def __init__(self, path: Path, watch: Callable[[int, int], None] | None = None) -> None:
        """``watch`` hears how many bytes were read, of how many in all sheets."""
        self._path = path
        self._files = files_of(path)
        self._watch = watch
        self._read, self._size = 0, sum(one.size for one in self._files.values())

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._files

    def names(self) -> frozenset[str]:
        """What there is, in small letters."""
        return frozenset(self._files)

    def rows(self, name: str, *columns: str) -> Iterator[Row]:
        """The rows of sheet ``name``; a sheet without one of ``columns`` (``a|b``: either) is an error."""
        if name not in self:
            raise ImportFileError(str(self._path), 0, f"has no {name}; export it as well")
        yield from rows_of(name, self._files[name.lower()].opened, columns, self._more if self._watch else None)

    def _more(self, read: int) -> None:
        self._read += read
        if self._watch is not None:
            self._watch(self._read, self._size)

    def has_column(self, name: str, column: str) -> bool:
        """Whether sheet ``name`` is there and has ``column``."""
        if name not in self:
            return False
        with open_text(name, self._files[name.lower()].opened) as text:
            return column.lower() in [cell.strip().lower() for cell in next(csv.reader(text), [])]


def sheet(path: Path, *columns: str) -> Iterator[Row]:
    """The rows of one CSV file; errors name it by its file name."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise ImportFileError(str(path), 0, f"cannot be read: {error.strerror}") from None
    yield from rows_of(path.name, lambda: path.open("rb"), columns)


def rows_of(name: str, opened: Opener, columns: Sequence[str], told: Told | None = None) -> Iterator[Row]:
    """Rows of CSV text, read as they are asked for: a sheet of any size takes no memory. See `open_text`."""
    with open_text(name, opened, told) as text:
        reader = csv.reader(text, strict=True)
        try:
            header = [cell.strip().lower() for cell in next(reader, [])]
            if not header:
                raise ImportFileError(name, 1, "is empty, without even a header; export it again")
            _check_header(name, header, columns)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _row(name, reader.line_num, header, cells)
        except csv.Error as error:
            raise ImportFileError(name, reader.line_num, f"is not valid CSV: {error}") from None


def _check_header(name: str, header: list[str], columns: Sequence[str]) -> None:
    for column in columns:
        if not any(choice.lower() in header for choice in column.split("|")):
            raise ImportFileError(name, 1, f"has no column {column.split('|')[0]!r}; add it")
    twice = {cell for cell in header if cell and header.count(cell) > 1}
    if twice:
        raise ImportFileError(name, 1, f"has column {min(twice)!r} twice; remove one of the two")


def _row(name: str, line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) > len(header):
        raise ImportFileError(name, line, f"has {len(cells)} fields where the header has {len(header)}")
    return Row(name, line, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
