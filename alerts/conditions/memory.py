"""What rules remember of what was normal: last values, windows of moments; as durable as the transaction."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from alerts.conditions.states import Key
from alerts.tables import rule_memories as table
from campus.db import upsert

_KEYS = ("school", "rule", "subject")
_moments = msgspec.json.Decoder(tuple[float, ...])


class Memory:
    """Short tuples of numbers by school, rule and subject.

    What a transaction changes lies in an overlay until `committed`; `rolled_back` drops it.
    """

    def __init__(self, owns: Callable[[str], bool]) -> None:
        self._owns = owns
        self._kept: dict[Key, tuple[float, ...]] = {}
        self._overlay: dict[Key, tuple[float, ...]] = {}

    def load(self, conn: sa.Connection) -> None:
        """Read what an earlier run left behind."""
        rows = conn.execute(sa.select(table)).all()
        self._kept = {
            (row.school, row.rule, row.subject): _moments.decode(row.numbers) for row in rows if self._owns(row.school)
        }

    def get(self, key: Key) -> tuple[float, ...]:
        """What is remembered under ``key``; nothing: an empty tuple."""
        found = self._overlay.get(key)
        return self._kept.get(key, ()) if found is None else found

    def put(self, key: Key, numbers: tuple[float, ...]) -> None:
        """Remember ``numbers``; an empty tuple forgets."""
        self._overlay[key] = numbers

    def flush(self, conn: sa.Connection) -> None:
        """Write what changed."""
        rows = [
            {**dict(zip(_KEYS, key, strict=True)), "numbers": msgspec.json.encode(numbers).decode()}
            for key, numbers in self._overlay.items()
            if numbers != self._kept.get(key)
        ]
        upsert(table, conn, rows, _KEYS, ["numbers"])

    def committed(self) -> None:
        """The transaction is durable: the overlay holds."""
        self._kept.update(self._overlay)
        self._overlay.clear()

    def rolled_back(self) -> None:
        """The transaction did not happen: forget what it changed."""
        self._overlay.clear()
