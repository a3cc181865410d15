"""What a ZKTeco terminal writes when people pass: ATTLOG lines, in all their column layouts, to passes."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from edge_agent.gate.source import Pass

_PERSON = re.compile(r"[A-Za-z0-9]{1,24}")  # the PIN: what the terminal calls a person
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_LONGEST = 512  # characters of a line; no terminal writes more
_SERIAL_BITS = 20


class AttendanceLog(msgspec.Struct, frozen=True):
    """The passes of one upload, in its order, and how many lines could not be understood."""

    passes: tuple[Pass, ...]
    bad: int


def read_attlog(text: str, zone: ZoneInfo) -> AttendanceLog:
    """The passes in ``text``: a line each, tab-separated, person and local time first; never raises.

    The state column (0 in, 1 out) is left alone: most terminals write 0 for everybody until somebody presses a key, so
    a direction is taken from the lane only. What follows it differs from version to version.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    read = [_read(line, zone) for line in lines]
    return AttendanceLog(tuple(one for one in read if one is not None), sum(one is None for one in read))


def _read(line: str, zone: ZoneInfo) -> Pass | None:
    columns = line.strip("\r\n").split("\t") if len(line) <= _LONGEST else []
    if len(columns) < 2 or not _PERSON.fullmatch(columns[0].strip()) or not _MOMENT.fullmatch(columns[1].strip()):
        return None
    try:
        at = datetime.fromisoformat(columns[1].strip()).replace(tzinfo=zone)
        serial = _serial(columns[0].strip(), at)
    except (ValueError, OverflowError):
        return None
    return Pass(columns[0].strip(), serial=serial, at=at)


def _serial(person: str, at: datetime) -> int:
    """A number for a record that has none: the same for the same person and second, so that a replay is recognised."""
    if at.timestamp() < 0:
        raise ValueError("before 1970")
    return int(at.timestamp()) << _SERIAL_BITS | zlib.crc32(person.encode()) >> (32 - _SERIAL_BITS)
