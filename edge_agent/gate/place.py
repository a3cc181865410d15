"""How far a terminal's log has been told, in a small file: a restart goes on where the last run ended."""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path

import msgspec

from campus.clock import to_ms
from edge_agent.gate.isapi import Record

log = logging.getLogger("edge.gate")
REMEMBERED = 4096


class _Kept(msgspec.Struct, frozen=True):
    serial: int
    ms: int


class Place:
    """The newest record that was told, kept in ``file``; and which records were told lately.

    The file may be one record behind after a power cut: that record is told again under the same device, time and
    serial number, and the platform knows it. A file that cannot be read is as none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told: OrderedDict[tuple[int, int], None] = OrderedDict()
        kept = self._read()
        self.serial = 0 if kept is None else kept.serial
        self._ms = 0 if kept is None else kept.ms

    def is_replay(self, record: Record) -> bool:
        """Whether the record was told before: it is remembered, or it is no newer by number and by time.

        A lower number with a later time is no replay: the terminal's log was cleared and counts from 1 again.
        """
        key = (record.serial, to_ms(record.at))
        return key in self._told or (record.serial <= self.serial and key[1] <= self._ms)

    def told(self, record: Record) -> None:
        """The record is safe in the spool: never tell it again."""
        self.serial, self._ms = record.serial, to_ms(record.at)
        self._told[(self.serial, self._ms)] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    def keep(self) -> None:
        """Write the place down, in one step."""
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(_Kept(self.serial, self._ms)))
            fresh.replace(self._file)
        except OSError as error:  # the spool says it louder when the disk is full or gone
            log.warning("the place in a terminal's log cannot be kept: %s", error, extra={"path": self._file.name})

    def _read(self) -> _Kept | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
