"""QR codes (ISO/IEC 18004): their dark modules, drawn as an SVG element or in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import zxingcpp

QUIET = 4  # modules of white that the standard asks for around a code
_DARKNESS = bytes([1]) + bytes(255)  # of a picture's shades: black is dark
_DARK = re.compile(b"\x01+")
_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}  # upper and lower module of a letter


def modules(text: str) -> list[bytes]:
    """The rows of the smallest code that holds ``text`` and survives 15 % of damage: a byte a module, 1 is dark."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = memoryview(code.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type] # its stub knows no buffer
    edge, shades = image.shape[0], image.tobytes().translate(_DARKNESS)  # type: ignore[index]
    return [shades[begin : begin + edge] for begin in range(0, edge * edge, edge)]


def dark_runs(rows: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Each dark stretch of a row as (row, column, length): drawn as one, printers leave no hairlines."""
    for number, row in enumerate(rows):
        for run in _DARK.finditer(row):
            yield number, run.start(), run.end() - run.start()


def svg(text: str, module: int = 4) -> str:
    """The code with its quiet zone, black on white, as an SVG element of ``module`` pixels a module."""
    rows = modules(text)
    edge = len(rows) + 2 * QUIET
    path = "".join(f"M{QUIET + x} {QUIET + y}h{length}v1h-{length}z" for y, x, length in dark_runs(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{edge * module}" height="{edge * module}" '
        f'viewBox="0 0 {edge} {edge}"><path fill="#fff" d="M0 0h{edge}v{edge}H0z"/><path d="{path}"/></svg>'
    )


def terminal(text: str) -> str:
    """The code for a terminal with light letters on dark: two rows a line, what is light is printed."""
    rows = modules(text)
    white, side = bytes(len(rows) + 2 * QUIET), bytes(QUIET)
    wide = [white] * QUIET + [side + row + side for row in rows] + [white] * QUIET
    pairs = zip_longest(wide[::2], wide[1::2], fillvalue=b"\x01" * len(white))
    return "\n".join("".join(_BLOCKS[pair] for pair in zip(*both, strict=True)) for both in pairs)
