"""Conditions in progress: kept in memory, written when they change, forgotten again when the transaction fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.conditions.condition import Condition
from alerts.conditions.signal import Cause
from alerts.tables import condition_states as table
from campus.db import upsert

Key = tuple[str, str, str]  # school, rule, subject
_KEYS = ("school", "rule", "subject")
# While nothing else changes, the moment of the last evidence is written only this often: after a restart it is at most
# this much too old.
LAST_STEP = timedelta(seconds=60)


class Held(msgspec.Struct, frozen=True):
    """A condition that is not normal, with what it is about."""

    cause: Cause
    condition: Condition


class ConditionStates:
    """The conditions that are pending or active; everything absent is normal.

    What a transaction changes lies in an overlay until `committed`; `rolled_back` drops it.
    """

    def __init__(self, owns: Callable[[str], bool]) -> None:
        self._owns = owns
        self._held: dict[Key, Held] = {}
        self._overlay: dict[Key, Held | None] = {}
        # Whoever a condition is about: may hold some who are normal again, and lacks nobody who is not.
        self._subjects: set[tuple[str, str]] = set()
        # When the evidence was last seen by the row in the database, which may lag behind memory.
        self._written: dict[Key, datetime] = {}
        self._writing: dict[Key, datetime] = {}
        self._claimed: set[Key] = set()  # their due moment was taken out of the row and must be written again
        self._loaded = False
        self._durable = False

    def load(self, conn: sa.Connection) -> bool:
        """Read what an earlier run left behind; return whether this was the first call."""
        if self._loaded:
            return False
        rows = conn.execute(sa.select(table)).mappings()
        self._held = {
            (row["school"], row["rule"], row["subject"]): _held(row) for row in rows if self._owns(row["school"])
        }
        self._loaded = True
        self._written = {key: held.condition.last for key, held in self._held.items()}
        self._subjects = {(key[0], key[2]) for key in self._held}
        return True

    def get(self, key: Key) -> Held | None:
        """The condition under ``key``, None when it is normal."""
        if self._overlay and key in self._overlay:
            return self._overlay[key]
        return self._held.get(key)

    def put(self, key: Key, held: Held | None) -> None:
        """Remember a changed condition (None: normal again); `flush` writes it."""
        self._overlay[key] = held
        self._subjects.add((key[0], key[2]))

    def about(self, subject: tuple[str, str]) -> bool:
        """Whether a condition about this (school, subject) may be other than normal."""
        return subject in self._subjects

    def not_normal(self) -> Iterator[Key]:
        """The keys of every condition that is not normal."""
        return (key for key in {**self._held, **self._overlay} if self.get(key) is not None)

    def flush(self, conn: sa.Connection) -> None:
        """Write what `put` changed and is worth writing."""
        gone = [dict(zip(_KEYS, key, strict=True)) for key, held in self._overlay.items() if held is None]
        if gone:
            wanted = [table.c[name] == sa.bindparam(f"b_{name}") for name in _KEYS]
            conn.execute(table.delete().where(*wanted), [{f"b_{name}": one[name] for name in _KEYS} for one in gone])
        worth = {key: held for key, held in self._overlay.items() if held is not None and self._worth(key, held)}
        self._writing.update((key, held.condition.last) for key, held in worth.items())
        rows = [_row(key, held) for key, held in worth.items()]
        columns = [column.name for column in table.c if column.name not in _KEYS]
        upsert(table, conn, rows, _KEYS, columns)

    def due(self, conn: sa.Connection, now: datetime) -> list[Key]:
        """Conditions that time alone may change by ``now``, each claimed: nobody else gets it."""
        if not self._held and not self._overlay:
            return []
        found = conn.execute(sa.select(*(table.c[name] for name in _KEYS), table.c.due).where(table.c.due <= now))
        mine = [((row.school, row.rule, row.subject), row.due) for row in found.all() if self._owns(row.school)]
        won = [key for key, due in mine if self._claim(conn, key, due)]
        self._claimed.update(won)
        return won

    def committed(self) -> None:
        """The transaction is durable: the overlay holds."""
        for key, held in self._overlay.items():
            if held is None:
                self._held.pop(key, None)
                self._written.pop(key, None)
            else:
                self._held[key] = held
        if None in self._overlay.values():
            self._subjects = {(key[0], key[2]) for key in self._held}
        self._written.update((key, at) for key, at in self._writing.items() if key in self._held)
        self._writing.clear()
        self._overlay.clear()
        self._claimed.clear()
        self._durable = self._loaded

    def rolled_back(self) -> None:
        """The transaction did not happen: forget what it changed."""
        self._overlay.clear()
        self._writing.clear()
        self._claimed.clear()
        if not self._durable:
            self._held.clear()
            self._loaded = False

    def _worth(self, key: Key, held: Held) -> bool:
        stored = self._held.get(key)
        if stored is None or key in self._claimed:
            return True
        old, new = stored.condition, held.condition
        if (old.phase, old.since, old.due) != (new.phase, new.since, new.due):
            return True
        # Compared with the row and not with memory: what comes twice a minute would never be written.
        return new.last - self._written.get(key, old.since) >= LAST_STEP

    def _claim(self, conn: sa.Connection, key: Key, due: datetime) -> bool:
        mine = [table.c[name] == value for name, value in zip(_KEYS, key, strict=True)]
        claimed = conn.execute(table.update().where(*mine, table.c.due == due).values(due=None))
        return claimed.rowcount == 1


def _row(key: Key, held: Held) -> dict[str, Any]:
    cause = msgspec.structs.asdict(held.cause)
    return {**cause, **msgspec.structs.asdict(held.condition), **dict(zip(_KEYS, key, strict=True))}


def _held(row: sa.RowMapping) -> Held:
    def pick(kind: type[msgspec.Struct]) -> dict[str, Any]:
        return {name: row[name] for name in kind.__struct_fields__}

    return Held(Cause(**pick(Cause)), Condition(**pick(Condition)))
