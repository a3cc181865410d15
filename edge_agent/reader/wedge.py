"""A keyboard-wedge reader through Linux' input events, read exclusively: what it types reaches no other program."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from campus.clock import Clock
from campus.errors import Unavailable
from edge_agent.gate.source import Pass
from edge_agent.reader.keys import TypedLine
from edge_agent.reader.numbers import Repeats, card_number
from edge_agent.reader.settings import Wedge

TICK_S = 0.2
AWAY_S = 2.0  # between two attempts to open a reader that was pulled out
_EVENT = struct.Struct("llHHi")  # struct input_event: seconds, microseconds, type, code, value
_EV_KEY = 1
_EVIOCGRAB = 0x40044590


def grab(fd: int) -> None:
    """Take the device for ourselves; raises `OSError` when another program has done so."""
    fcntl.ioctl(fd, _EVIOCGRAB, 1)


class KeyboardWedge:
    """The reader as a source of passes; it may be pulled out and put in again."""

    def __init__(self, wedge: Wedge, clock: Clock, take: Callable[[int], None] = grab) -> None:
        self._wedge = wedge
        self._clock = clock
        self._take = take
        self._line = TypedLine()
        self._repeats = Repeats(wedge.repeat_s)
        self._fd: int | None = None
        self._ready: list[str] = []
        self._rest = b""
        self._bad = 0
        self.problem = ""

    def next(self, stop: threading.Event) -> Pass | None:
        """The next card; None soon after ``stop`` is set."""
        while not stop.is_set():
            while self._ready:
                seen = self._pass_of(self._ready.pop(0), self._clock.now())
                if seen is not None:
                    return seen
            try:
                self._ready += self._read()
            except Unavailable as error:
                self.problem = str(error)
                self._let_go()
                stop.wait(AWAY_S)
        self._let_go()
        return None

    def health(self) -> dict[str, float]:
        """Whether the reader is there, and lines that were no card number."""
        return {"connected": float(self.reachable()), "bad_lines": float(self._bad)}

    def reachable(self) -> bool:
        """Whether the device is open."""
        return self._fd is not None

    def _pass_of(self, line: str, now: datetime) -> Pass | None:
        number = card_number(line, self._wedge.pattern, self._wedge.form)
        if number is None:
            self._bad += 1
            return None
        return None if self._repeats.again(number, now) else Pass(number)

    def _read(self) -> list[str]:
        """The lines that were typed within a tick."""
        try:
            if self._fd is None:
                self._fd = os.open(self._wedge.device, os.O_RDONLY | os.O_NONBLOCK)
                self._take(self._fd)
                self.problem, self._rest = "", b""
            readable, _, _ = select.select([self._fd], [], [], TICK_S)
            data = os.read(self._fd, _EVENT.size * 64) if readable else None
        except OSError as error:
            raise Unavailable(f"the reader {self._wedge.device}", error.strerror or str(error)) from None
        if data == b"":
            raise Unavailable(f"the reader {self._wedge.device}", "it is gone")
        return list(self._lines(data or b""))

    def _lines(self, data: bytes) -> Iterator[str]:
        data = self._rest + data
        whole = len(data) - len(data) % _EVENT.size
        self._rest = data[whole:]
        for seconds, micros, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            line = self._line.key(code, value, seconds + micros / 1e6) if kind == _EV_KEY else None
            if line is not None:
                yield line

    def _let_go(self) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = None
