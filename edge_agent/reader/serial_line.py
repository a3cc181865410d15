"""A card reader on a serial line, by pyserial: framed, exclusive, and opened again when it was pulled out."""

from __future__ import annotations

import threading
from contextlib import suppress

import serial

from campus.clock import Clock
from edge_agent.gate.source import Pass
from edge_agent.reader.frames import Frames
from edge_agent.reader.numbers import Repeats, card_number
from edge_agent.reader.settings import SerialLine

TICK_S = 0.2
AWAY_S = 2.0  # between two attempts to open a line that was pulled out
_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialReader:
    """The reader as a source of passes."""

    def __init__(self, line: SerialLine, clock: Clock) -> None:
        self._settings = line
        self._clock = clock
        self._frames = Frames(line)
        self._repeats = Repeats(line.repeat_s)
        self._line: serial.Serial | None = None
        self._ready: list[str] = []
        self._bad = 0
        self.problem = ""

    def next(self, stop: threading.Event) -> Pass | None:
        """The next card; None soon after ``stop`` is set."""
        while not stop.is_set():
            while self._ready:
                seen = self._pass_of(self._ready.pop(0))
                if seen is not None:
                    return seen
            try:
                self._ready += self._frames.feed(self._read())
            except OSError as error:  # a SerialException is one
                self.problem = f"the line {self._settings.device}: {error.strerror or error}"
                self._let_go()
                stop.wait(AWAY_S)
        self._let_go()
        return None

    def health(self) -> dict[str, float]:
        """Whether the line is open, and what was no card number."""
        return {"connected": float(self.reachable()), "bad_lines": float(self._bad + self._frames.bad)}

    def reachable(self) -> bool:
        """Whether the line is open; whether a reader is at its other end cannot be known."""
        return self._line is not None

    def _pass_of(self, text: str) -> Pass | None:
        number = card_number(text, self._settings.pattern, self._settings.form)
        if number is None:
            self._bad += 1
            return None
        return None if self._repeats.again(number, self._clock.now()) else Pass(number)

    def _read(self) -> bytes:
        if self._line is None:
            self._frames = Frames(self._settings)
            self._line = self._opened()
            self.problem = ""
        first = self._line.read(1)
        return bytes(first + self._line.read(min(self._line.in_waiting, 4096))) if first else b""

    def _opened(self) -> serial.Serial:
        said = self._settings
        return serial.Serial(
            said.device,
            said.baud,
            bytesize=said.bits,
            parity=_PARITY[said.parity],
            stopbits=said.stop_bits,
            timeout=TICK_S,
            exclusive=True,
        )

    def _let_go(self) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
            self._line = None
