"""Codes as they are drawn, read as a phone would."""

import re

import numpy as np
import pytest
import segno
import zxingcpp

from campus import qr

LINK = "https://campus.school.example/enrol#4f7a-99c2-11de"
LIGHT = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def read(light: np.ndarray) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(np.kron(255 * light, np.ones((6, 6))).astype(np.uint8))]


def drawn(svg: str) -> np.ndarray:
    edge = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    light = np.ones((edge, edge), dtype=np.uint8)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-", svg):
        light[int(y), int(x) : int(x) + int(length)] = 0
    return light


def test_the_picture_of_a_page_is_read() -> None:
    assert read(drawn(qr.svg(LINK))) == [LINK]


def test_what_a_terminal_shows_is_read() -> None:
    lines = qr.terminal(LINK).splitlines()
    light = np.array([[LIGHT[letter][half] for letter in line] for line in lines for half in (0, 1)], dtype=np.uint8)
    assert read(light) == [LINK]


@pytest.mark.parametrize("text", ["s", LINK, "校园" * 20, "x" * 400])
def test_a_code_is_as_small_as_another_maker_has_it(text: str) -> None:
    assert len(qr.modules(text)) == len(segno.make_qr(text, error="m", boost_error=False).matrix)
