"""Draws what the rendered camera sees: the north fence of the school, by day, with the people of the scene in it.

Needs OpenCV (the extra ``edge``), which nothing else of the simulator does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

import cv2
import numpy as np
import numpy.typing as npt

from simulator.picture.scene import Figure

WIDTH, HEIGHT = 640, 360
Picture = npt.NDArray[np.uint8]  # HEIGHT x WIDTH x 3, BGR
Colour = tuple[int, int, int]

_SKY, _WALL, _ROOF = (226, 206, 178), (196, 205, 214), (96, 104, 150)
_GRASS, _PATH, _KERB = (84, 138, 104), (158, 162, 166), (196, 198, 200)
_POST, _LEAVES = (70, 72, 74), (58, 110, 66)
_SKIN, _HAIR, _TROUSERS = (150, 178, 214), (34, 34, 38), (70, 52, 44)
_COATS: tuple[Colour, ...] = (
    (150, 62, 44), (48, 52, 168), (92, 60, 122), (60, 60, 64), (196, 196, 190), (46, 104, 164), (120, 84, 40),
)  # fmt: skip
_FENCE_TOP, _FENCE_FOOT, _PATH_TOP = 0.20, 0.37, 0.56  # shares of the height
_STEPS_PER_S = 1.9


class Painter:
    """Paints pictures of one camera; the same moment and figures give the same picture."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ground = _ground(np.random.default_rng(seed))

    def paint(self, figures: Iterable[Figure], local: datetime, number: int) -> Picture:
        """The picture of ``figures`` (the farthest first) at a local time; ``number`` gives the sensor's noise."""
        picture = self._ground.copy()
        for figure in figures:
            _draw(picture, figure)
        return _as_seen(picture, _light(local), np.random.default_rng((self._seed, number)))


def jpeg(picture: Picture) -> bytes:
    """The picture as JPEG, as a network camera sends it."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])
    if not done:
        raise RuntimeError("OpenCV could not encode a picture it has drawn itself")
    return bytes(data)


def height_of(foot: float) -> float:
    """How tall a person is in the picture, in shares of its height, with the feet at ``foot``."""
    return 0.10 + 0.58 * (foot - 0.30)


def _light(local: datetime) -> float:
    """How bright it is: dim in the morning and evening, with clouds that pass in minutes."""
    hour = local.hour + local.minute / 60 + local.second / 3600
    day = 0.62 + 0.38 * math.sqrt(max(0.0, math.sin((hour - 5.5) / 13.5 * math.pi)))
    return day * (1 + 0.02 * math.sin(hour * 9.1) + 0.01 * math.sin(hour * 37.0))


def _as_seen(picture: Picture, light: float, noise: np.random.Generator) -> Picture:
    grain = noise.normal(0.0, 2.2, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return np.asarray(np.clip(picture.astype(np.float32) * light + grain, 0, 255), dtype=np.uint8)


# -- the ground -----------------------------------------------------------------------------------------------------


def _ground(draw: np.random.Generator) -> Picture:
    picture = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    picture[: _y(_FENCE_FOOT)] = _SKY
    _building(picture)
    for x, y, size in draw.uniform((0, 0.18, 14), (WIDTH, 0.30, 34), (26, 3)).tolist():
        cv2.circle(picture, (round(x), _y(y)), round(size), _shade(_LEAVES, draw.uniform(0.8, 1.2)), -1, cv2.LINE_AA)
    picture[_y(_FENCE_FOOT) : _y(_PATH_TOP)] = _GRASS
    picture[_y(_PATH_TOP) :] = _PATH
    _roughen(picture[_y(_FENCE_FOOT) :], draw)
    cv2.line(picture, (0, _y(_PATH_TOP)), (WIDTH, _y(_PATH_TOP)), _KERB, 3)
    _fence(picture)
    return picture


def _building(picture: Picture) -> None:
    cv2.rectangle(picture, (60, _y(0.05)), (300, _y(0.30)), _WALL, -1)
    cv2.rectangle(picture, (50, _y(0.02)), (310, _y(0.06)), _ROOF, -1)
    for x in range(78, 290, 34):
        cv2.rectangle(picture, (x, _y(0.10)), (x + 16, _y(0.16)), (128, 112, 92), -1)


def _fence(picture: Picture) -> None:
    top, foot = _y(_FENCE_TOP), _y(_FENCE_FOOT)
    for x in range(4, WIDTH, 12):
        cv2.line(picture, (x, top), (x, foot), _POST, 1, cv2.LINE_AA)
    for x in range(0, WIDTH, 96):
        cv2.rectangle(picture, (x, top - 6), (x + 7, foot + 3), _shade(_POST, 1.3), -1)
    for y in (top + 4, foot - 5):
        cv2.line(picture, (0, y), (WIDTH, y), _POST, 2)


def _roughen(part: Picture, draw: np.random.Generator) -> None:
    rows, columns = part.shape[:2]
    coarse = draw.normal(0, 9, (rows // 6 + 1, columns // 6 + 1)).astype(np.float32)
    rough = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)[:, :, None]
    part[:] = np.clip(part.astype(np.float32) + rough, 0, 255).astype(np.uint8)


# -- the people -----------------------------------------------------------------------------------------------------


def _draw(picture: Picture, figure: Figure) -> None:
    x, foot = round(figure.feet[0] * WIDTH), _y(figure.feet[1])
    tall = round(height_of(figure.feet[1]) * HEIGHT * (0.92 + 0.16 * (figure.look % 11) / 10))
    hip, neck, wide = foot - round(0.47 * tall), foot - round(0.82 * tall), max(3, round(0.13 * tall))
    swing = 0.13 * tall * math.sin(figure.walked_s * _STEPS_PER_S * math.pi)
    coat = _COATS[figure.look % len(_COATS)]
    cv2.ellipse(picture, (x, foot), (round(0.22 * tall), max(2, round(0.03 * tall))), 0, 0, 360, (96, 108, 104), -1)
    for side in (-swing, swing):
        ankle = (x + round(side), foot - round(0.02 * tall))
        cv2.line(picture, (x, hip), ankle, _TROUSERS, max(3, round(0.10 * tall)), cv2.LINE_AA)
    cv2.rectangle(picture, (x - wide, neck), (x + wide, hip + 2), coat, -1)
    cv2.ellipse(picture, (x, neck), (wide, max(2, wide // 2)), 0, 180, 360, coat, -1)
    for side in (-1, 1):
        hand = (x + side * wide + round(side * abs(swing) * 0.4), hip + round(0.04 * tall))
        cv2.line(picture, (x + side * wide, neck + 2), hand, _shade(coat, 0.8), max(2, wide // 2), cv2.LINE_AA)
    head = (x, foot - round(0.90 * tall))
    cv2.circle(picture, head, max(2, round(0.085 * tall)), _SKIN, -1, cv2.LINE_AA)
    cv2.ellipse(picture, head, (max(2, round(0.09 * tall)),) * 2, 0, 180, 360, _HAIR, -1, cv2.LINE_AA)


def _y(share: float) -> int:
    return round(share * HEIGHT)


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(part * factor)) for part in colour)
    return blue, green, red
