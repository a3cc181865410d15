"""A roster on its way in: any number of rows in a private database on disk, to be checked and handed out by school."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from attendance.sheets.rows import Row
from campus.errors import ImportFileError

# `at` is where a row stands: the number of its file and its line; 0 is what was stored before (see `roster_base`).
# `gone` rows are those an export marks as deleted.
_TABLES = {
    "orgs": "id, name, kind, parent, gone, at",
    "terms": "id, title, kind, starts, ends, parent, gone, at",
    "classes": "id, school, title, grade, kind, room, gone, at",
    "class_terms": "class, term, at",
    "school_terms": "school, term",
    "people": "id, role, name, grade, phone, email, relation, gone, at",
    "members": "person, org, whole, gone, at",
    "roles": "person, role, org, rank, gone, at",
    "kin": "student, guardian, relation, at",
    "enrolments": "source, class, person, role, is_primary, begins, ends, gone, at",
}
_AT_ONCE = 5000
_LINES = 1 << 32


class Scratch:
    """A database file that only this object knows and that is gone when it is closed. Not for several threads."""

    def __init__(self) -> None:
        # An empty name is SQLite's private file: unlinked from the start, so that no roster is left behind by a crash.
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536", "temp_store=FILE"):
            self._db.execute(f"PRAGMA {pragma}")
        for name, columns in _TABLES.items():
            self._db.execute(f"CREATE TABLE {name} ({columns})")
        self._files = [""]
        self._waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Delete everything."""
        self._db.close()

    def at(self, row: Row) -> int:
        """Where ``row`` stands, as the column ``at``."""
        if self._files[-1] != row.file:
            self._files.append(row.file)
        return (len(self._files) - 1) * _LINES + row.line

    def wrong(self, at: int, problem: str) -> ImportFileError:
        """The error that the row standing at ``at`` is."""
        return ImportFileError(self._files[at // _LINES], at % _LINES, problem)

    def put(self, table: str, *values: object) -> None:
        """Add a row, its values in the order of the table's columns."""
        waiting = self._waiting[table]
        waiting.append(values)
        if len(waiting) >= _AT_ONCE:
            self._flush(table)

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many."""
        self._flush_all()
        return self._db.execute(statement, values).rowcount

    def ask(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after the other."""
        self._flush_all()
        yield from self._db.execute(query, values)

    def one(self, query: str, *values: object) -> Any:
        """The single value of a query."""
        return next(self.ask(query, *values))[0]

    def _flush_all(self) -> None:
        for table in self._waiting:
            self._flush(table)

    def _flush(self, table: str) -> None:
        waiting = self._waiting[table]
        if not waiting:
            return
        marks = ", ".join("?" * len(waiting[0]))
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608 - our own names
        self._db.execute("COMMIT")
        waiting.clear()
