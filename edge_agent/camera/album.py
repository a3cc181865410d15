"""Stills kept on this machine: people blurred as they were sent, bounded by size, number and age."""

from __future__ import annotations

import logging
import re
import threading
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from campus.clock import from_ms, to_ms

log = logging.getLogger("edge.stills")
_NAME = re.compile(r"(\d{13})-([A-Za-z0-9_.]+)-(.+)\.jpg")


class Kept(msgspec.Struct, frozen=True):
    """One still on the disk: of which camera, when, and why it was taken."""

    path: Path
    camera: str
    at: datetime
    kind: str


class Album:
    """A folder of stills; the oldest go first. May be used from several threads, by one process.

    ``most_bytes`` 0 keeps none. A disk that refuses a still loses no more than it: the event brings one too.
    """

    def __init__(self, folder: Path, most_bytes: int, most: int, age: timedelta) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most = most
        self._age = age
        self._lock = threading.Lock()

    def keep(self, camera: str, kind: str, still: bytes, at: datetime) -> None:
        """Keep a JPEG of ``camera``, and drop what is too much or too old at ``at``."""
        if len(still) > self._most_bytes:
            return
        with self._lock:
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                path = self._folder / f"{to_ms(at):013d}-{kind}-{camera}.jpg"
                fresh = path.with_suffix(".new")
                fresh.write_bytes(still)
                fresh.replace(path)
                self._prune(at)
            except OSError as error:
                log.warning("a still cannot be kept: %s", error.strerror or error, extra={"camera": camera})

    def newest(self, camera: str, limit: int) -> list[Kept]:
        """Up to ``limit`` of the newest stills of ``camera``, the oldest of them first."""
        with self._lock:
            return [one for one in self._all() if one.camera == camera][-limit:]

    def prune(self, now: datetime) -> None:
        """Drop what is too much or too old at ``now``."""
        with self._lock:
            self._prune(now)

    def _prune(self, now: datetime) -> None:
        there = self._all()
        sizes = [one.path.stat().st_size for one in there]
        spare, total = len(there) - self._most, sum(sizes)
        for number, (one, size) in enumerate(zip(there, sizes, strict=True)):
            if number >= spare and total <= self._most_bytes and now - one.at <= self._age:
                return
            one.path.unlink(missing_ok=True)
            total -= size

    def _all(self) -> list[Kept]:
        """Everything kept, the oldest first; files that are none of ours are left alone."""
        if not self._folder.is_dir():
            return []
        found = [(path, _NAME.fullmatch(path.name)) for path in sorted(self._folder.iterdir())]
        return [Kept(path, name[3], from_ms(int(name[1])), name[2]) for path, name in found if name is not None]
