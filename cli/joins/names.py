"""What people call places, devices and classes: answers the `Names` port of alerts from the other domains."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.rules.rule import Bilingual
from attendance.rollbook import RollBook
from devices.tables import devices, places


class SchoolNames:
    """Names from the registry and the roster. A class has one name; it stands in both languages."""

    def __init__(self, roll_book: RollBook) -> None:
        self._roll_book = roll_book

    def place_name(self, conn: sa.Connection, school: str, place: str) -> Bilingual | None:
        """The name of a place, or None when it is not known."""
        return _name(conn, places, school, place)

    def device_name(self, conn: sa.Connection, school: str, device: str) -> Bilingual | None:
        """The name of a device, or None when it is not known."""
        return _name(conn, devices, school, device)

    def class_name(self, conn: sa.Connection, school: str, class_id: str) -> Bilingual | None:
        """The title of a class, or None when it is not known."""
        title = self._roll_book.class_title(conn, school, class_id)
        return None if title is None else Bilingual(zh=title, en=title)


def _name(conn: sa.Connection, table: sa.Table, school: str, key: str) -> Bilingual | None:
    query = sa.select(table.c.name, table.c.name_en).where(table.c.school == school, table.c.id == key)
    row = conn.execute(query).first()
    return None if row is None else Bilingual(zh=row.name, en=row.name_en or row.name)
