"""What statuses are called: the platform's codes and names, and those a school gives them instead."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from attendance.policy import Status
from attendance.tables import status_names


class StatusName(msgspec.Struct, frozen=True):
    """How a status is written in rolls and reports: a short code, and its name in Chinese and English."""

    code: str
    name: str
    name_en: str


DEFAULT_NAMES: Mapping[Status, StatusName] = {
    "present": StatusName("P", "出勤", "Present"),
    "late": StatusName("L", "迟到", "Late"),
    "absent": StatusName("A", "缺勤", "Absent"),
    "left_early": StatusName("E", "早退", "Left early"),
    "on_leave": StatusName("V", "请假", "On leave"),
    "sick": StatusName("S", "病假", "Sick"),
    "official": StatusName("O", "公假", "Official activity"),
    "suspended": StatusName("X", "停课", "Suspended"),
    "not_required": StatusName("-", "不需到", "Not required"),
    "unknown": StatusName("?", "不明", "Unknown"),
}
# Exceptions first: whom somebody must look for, then whom nothing is known of yet, then the settled.
_ORDER = ("unknown", "absent", None, "left_early", "late", "sick", "suspended", "on_leave", "official", "not_required")
URGENCY: Mapping[str | None, int] = {status: place for place, status in enumerate((*_ORDER, "present"))}
# The overview counts what a class teacher reads as one: here, or excused.
COUNTED_AS: Mapping[str | None, str] = {
    "left_early": "present",
    **dict.fromkeys(("sick", "official", "suspended", "not_required"), "on_leave"),
}


def status_names_of(conn: sa.Connection, school: str) -> dict[Status, StatusName]:
    """The name of every status at ``school``."""
    return {**DEFAULT_NAMES, **renamed(conn, school)}


def renamed(conn: sa.Connection, school: str) -> dict[Status, StatusName]:
    """The statuses to which ``school`` gave names of its own."""
    rows = conn.execute(sa.select(status_names).where(status_names.c.school == school))
    return {row.status: StatusName(row.code, row.name, row.name_en) for row in rows}
