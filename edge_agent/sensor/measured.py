"""What a sensor says at one moment, and the port that its source fits into; raw words to values, pure."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Sequence
from typing import Protocol

import msgspec

from edge_agent.sensor.settings import Contact, NumberType, Register

_FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}


class Measured(msgspec.Struct, frozen=True):
    """Values by metric; contacts in the order of their changes; and how many values could not be true."""

    values: dict[str, float] = {}
    contacts: tuple[tuple[Contact, bool], ...] = ()
    implausible: int = 0


class SensorSource(Protocol):
    """Something that is measured."""

    def measure(self) -> Measured:
        """Ask it now; raises `Unavailable` when it does not answer."""
        ...

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait for ``seconds`` of clock time, or until a contact may have changed, or ``stop``."""
        ...

    def close(self) -> None:
        """Let go of the line or pin."""
        ...


def plausible(raw: float, scale: float, offset: float, low: float | None, high: float | None) -> float | None:
    """``raw`` times ``scale`` plus ``offset``; None when it is no number or not within ``low`` to ``high``."""
    value = raw * scale + offset
    if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        return None
    return round(value, 6)


def number_of(words: Sequence[int], kind: NumberType, word_order: str) -> float:
    """The number in one or two registers of 16 bits, each with its high byte first, as Modbus has it."""
    ordered = list(words) if word_order == "big" else list(reversed(words))
    raw = b"".join(struct.pack(">H", word & 0xFFFF) for word in ordered)
    return float(struct.unpack(_FORMATS[kind], raw)[0])


def contact_of(word: int, register: Register) -> bool:
    """Whether a contact that reads ``word`` is active."""
    closed = bool(word >> register.bit & 1) if register.bit is not None else word != 0
    return closed != register.inverted
