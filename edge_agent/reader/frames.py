"""From the bytes of a serial reader to the texts between their marks; pure, bounded, whatever arrives."""

from __future__ import annotations

from edge_agent.reader.settings import SerialLine

LONGEST = 128
_ENDS = b"\r\n\x03"


class Frames:
    """Cuts the bytes of a line; ``bad`` counts what was too long to be a number."""

    def __init__(self, line: SerialLine) -> None:
        self._start = line.start.encode("latin-1", "ignore")
        self._ends = line.end.encode("latin-1", "ignore") or (b"" if line.length else _ENDS)
        self._length = line.length
        self._open = not self._start
        self._text = bytearray()
        self.bad = 0

    def feed(self, data: bytes) -> list[str]:
        """The texts that ``data`` completes."""
        return [text for byte in data if (text := self._take(byte)) is not None]

    def _take(self, byte: int) -> str | None:
        if self._start and byte == self._start[0]:
            self._open = True
            self._text.clear()
            return None
        if not self._open:
            return None
        if byte in self._ends:
            return self._given()
        self._text.append(byte)
        if self._length and len(self._text) == self._length:
            return self._given()
        if len(self._text) > LONGEST:
            self.bad += 1
            self._text.clear()
            self._open = not self._start
        return None

    def _given(self) -> str | None:
        text = self._text.decode("latin-1").strip()
        self._text.clear()
        self._open = not self._start
        return text or None
