"""How far the machine's clock is off: asked of a time server by SNTP, and whether the kernel says it is kept."""

from __future__ import annotations

import ctypes
import logging
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from datetime import datetime

from campus.clock import Clock
from campus.errors import Unavailable

log = logging.getLogger("edge.clock")
EVERY_S = 900.0
LIMIT_S = 3.0
NTP_PORT = 123
_EPOCH_1900 = 2_208_988_800  # seconds from 1900, where NTP begins, to 1970
_PACKET = struct.Struct("!BBBb3I4Q")
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def clock_offset(server: str, now: Callable[[], datetime], port: int = NTP_PORT) -> float:
    """The machine's clock minus the server's, in seconds; raises `Unavailable`.

    Half the difference of both ways (RFC 5905, section 8), so a steady delay of the network cancels out.
    """
    where = f"the time server {server}"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(LIMIT_S)
            line.connect((server, port))
            sent = now().timestamp()
            ours = int.from_bytes(os.urandom(8), "big")  # only an answer to this question carries it back
            line.send(_PACKET.pack(0x23, 0, 0, 0, 0, 0, 0, 0, 0, 0, ours))
            answer = line.recv(512)
            came = now().timestamp()
    except OSError as error:
        raise Unavailable(where, str(error) or type(error).__name__) from None
    received, replied = read_answer(answer, ours, where)
    return -((received - sent) + (replied - came)) / 2


def read_answer(answer: bytes, ours: int, where: str) -> tuple[float, float]:
    """When the server had our question and when it answered, in Unix seconds; raises `Unavailable` for no answer."""
    if len(answer) < _PACKET.size:
        raise Unavailable(where, f"an answer of {len(answer)} bytes")
    first, stratum, *_, echoed, received, replied = _PACKET.unpack_from(answer)
    if first & 7 != 4 or echoed != ours:
        raise Unavailable(where, "an answer to another question")
    if first >> 6 == 3 or not 1 <= stratum <= 15:
        raise Unavailable(where, "its own clock is not kept")
    return received / 2**32 - _EPOCH_1900, replied / 2**32 - _EPOCH_1900


def is_kept() -> bool | None:
    """Whether the kernel says that its clock is kept by NTP or PTP; None where it does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        # Zeroed, the structure asks for nothing to be changed; it has at most 208 bytes.
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


class ClockWatch:
    """Asks the time server now and then; without one only the kernel's word is told."""

    def __init__(self, server: str, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._offset_s: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set."""
        while self._server and not stop.is_set():
            try:
                self._offset_s = clock_offset(self._server, self._clock.now)
            except Unavailable as error:
                self._offset_s = None
                log.warning("%s", error)
            stop.wait(EVERY_S)

    def health(self) -> dict[str, float]:
        """``clock_offset_ms`` (ours minus the server's) and ``clock_kept`` (1, 0), as far as they are known."""
        told: dict[str, float] = {}
        if self._offset_s is not None:
            told["clock_offset_ms"] = round(1000 * self._offset_s)
        if (kept := is_kept()) is not None:
            told["clock_kept"] = float(kept)
        return told
