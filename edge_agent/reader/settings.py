"""How a reader is attached: ``wedge``, ``line`` and ``qr`` of a gate or a lab in `edge.toml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.settings import Section

Repeat = Annotated[float, Meta(ge=0, le=3600)]
Form = Literal["as_read", "hex_to_decimal", "reversed_hex_to_decimal"]
Byte = Annotated[str, Meta(max_length=1)]


class Wedge(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``wedge``: a reader that types card numbers like a keyboard. No other program sees what it types."""

    device: Path  # /dev/input/by-id/...-event-kbd
    form: Form = "as_read"
    pattern: str = ""
    repeat_s: Repeat = 2.0

    def __post_init__(self) -> None:
        check_pattern(self.pattern)


class SerialLine(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``line``: a reader on a serial line, and where a card number begins and ends in what it sends."""

    device: str  # /dev/serial/by-id/... or COM3
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    start: Byte = ""  # the byte before a number, such as STX ("\u0002"); empty: there is none
    end: Byte = ""  # the byte after it; empty: CR, LF or ETX
    length: Annotated[int, Meta(ge=0, le=64)] = 0  # bytes of a number where nothing ends it; 0: something does
    form: Form = "as_read"
    pattern: str = ""
    repeat_s: Repeat = 2.0

    def __post_init__(self) -> None:
        check_pattern(self.pattern)


class QrCamera(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``qr``: a camera that reads the codes people show to it."""

    source: str  # as of a camera: a stream's address, a webcam's number, a file or a folder
    login_file: Path | None = None
    fps: Annotated[float, Meta(gt=0, le=30)] = 5.0
    plain: bool = False  # take codes that are not signed for card numbers; whoever can print can make those
    repeat_s: Repeat = 10.0


def check_pattern(pattern: str) -> None:
    """Raise `ValueError` when ``pattern`` is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is no regular expression: {error}") from None
