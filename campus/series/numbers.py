"""A small number for each series of the embedded store, so that a point on the disk repeats no names."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

import msgspec

from campus.series.store import Place, Point, SeriesKey, name_problem

Name = tuple[str, str, str]  # school, device, metric

SCHEMA = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY, school TEXT NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL,
    UNIQUE (school, device, metric)
);
"""
# One statement and one row for any number of series: sqlite3 gives the GIL away at every row, and in a process whose
# other threads are busy each row of a start with 100,000 series could cost 5 ms.
_ADD = """INSERT OR IGNORE INTO series (school, device, metric)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)"""
_AFTER = "SELECT json_group_array(json_array(id, school, device, metric)) FROM series WHERE id > ?"
_MANY = """SELECT id, device, metric FROM series WHERE school = ? AND device IN (SELECT value FROM json_each(?))
AND metric IN (SELECT value FROM json_each(?))"""
_numbered = msgspec.json.Decoder(list[tuple[int, str, str, str]])


class SeriesNumbers:
    """What a writer remembers of the numbers. Numbers only grow, so news are those above the newest one known."""

    def __init__(self) -> None:
        self.known: dict[Name, int] = {}
        self._newest = 0

    def missing(self, points: Iterable[Point]) -> set[Name]:
        """The series of ``points`` that have no known number and a name that can be stored."""
        known = self.known
        names = {point[:3] for point in points if point[:3] not in known}
        return {name for name in names if name_problem(*name) is None}

    def add(self, conn: sqlite3.Connection, names: Iterable[Name]) -> dict[Name, int]:
        """Number ``names`` in a write transaction; gives every number not known yet, those of other writers too."""
        conn.execute(_ADD, (msgspec.json.encode(list(names)).decode(),))
        rows = _numbered.decode(conn.execute(_AFTER, (self._newest,)).fetchone()[0])
        return {(school, device, metric): number for number, school, device, metric in rows}

    def remember(self, found: dict[Name, int]) -> None:
        """Keep what `add` gave, once its transaction is durable."""
        self.known.update(found)
        self._newest = max(found.values(), default=self._newest)


def number_of(conn: sqlite3.Connection, key: SeriesKey) -> int | None:
    """The number of a series, or None when nothing was ever written to it."""
    query = "SELECT id FROM series WHERE school = ? AND device = ? AND metric = ?"
    row = conn.execute(query, (key.school, key.device, key.metric)).fetchone()
    return None if row is None else int(row[0])


def numbers_of(
    conn: sqlite3.Connection, school: str, devices: Collection[str], metrics: Collection[str]
) -> dict[Place, int]:
    """The numbers of those series of ``devices`` and ``metrics`` to which something was written."""
    lists = (msgspec.json.encode(sorted(names)).decode() for names in (devices, metrics))
    return {(device, metric): number for number, device, metric in conn.execute(_MANY, (school, *lists))}
