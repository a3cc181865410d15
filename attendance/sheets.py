"""CSV sheets row by row, each row knowing its file and line, from a folder or a zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec

from campus.errors import ImportFileError

# A roster of 700,000 students is some 200 MB of text; a sheet beyond this is no roster.
MAX_SHEET = 1 << 30


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


class Once:
    """Finds rows that repeat a key, and names the line that had it first."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def check(self, row: Row, key: Hashable, what: str) -> None:
        """Raise when ``key`` was seen before."""
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            raise row.wrong(f"{what} is already on line {first}; remove one of the two")


class Sheets:
    """The sheets of a folder or of a zip (at its root or in its only folder)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = _files_of(path)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def rows(self, name: str, *columns: str) -> Iterator[Row]:
        """The rows of sheet ``name``; a sheet without one of ``columns`` (``a|b``: either) is an error."""
        if name not in self._files:
            raise ImportFileError(str(self._path), 0, f"has no {name}; export it as well")
        yield from rows_of(name, self._files[name](), columns)


def sheet(path: Path, *columns: str) -> Iterator[Row]:
    """The rows of one CSV file; errors name it by its file name."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(str(path), 0, f"cannot be read: {error.strerror}") from None
    yield from rows_of(path.name, data, columns)


def rows_of(name: str, data: bytes, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of CSV text in UTF-8, with or without a byte order mark."""
    reader = csv.reader(io.StringIO(_text(name, data), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(name, header, columns)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(name, reader.line_num, header, cells)
    except csv.Error as error:
        raise ImportFileError(name, reader.line_num, f"is not valid CSV: {error}") from None


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportFileError(name, line, "is not UTF-8 text; save it as 'CSV UTF-8'") from None


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


def _files_of(path: Path) -> dict[str, Callable[[], bytes]]:
    if path.is_dir():
        return {file.name: file.read_bytes for file in path.iterdir() if file.suffix.lower() == ".csv"}
    if not path.is_file():
        raise ImportFileError(str(path), 0, "there is no such folder or zip")
    if not zipfile.is_zipfile(path):
        raise ImportFileError(path.name, 0, "is neither a folder nor a zip")
    return _files_of_zip(path)


def _files_of_zip(path: Path) -> dict[str, Callable[[], bytes]]:
    files: dict[str, Callable[[], bytes]] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.rsplit("/", 1)[-1]
            if not name.lower().endswith(".csv") or "__MACOSX" in info.filename:
                continue
            if info.file_size > MAX_SHEET:
                raise ImportFileError(name, 0, f"has {info.file_size} bytes; at most {MAX_SHEET} are read")
            if name in files:
                raise ImportFileError(path.name, 0, f"holds {name} twice; zip one export only")
            files[name] = _reader_of(path, info.filename)
    return files


def _reader_of(path: Path, member: str) -> Callable[[], bytes]:
    def read() -> bytes:
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)

    return read
