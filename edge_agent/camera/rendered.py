"""A drawn scene of people walking over a yard: the source "sim", with the truth known. Needs no camera and no file."""

from __future__ import annotations

import math
import random
import threading
import time

import cv2
import msgspec
import numpy as np

from edge_agent.camera.detector import Image
from edge_agent.camera.geometry import Box
from edge_agent.camera.source import Frame, NoPicture

WIDTH, HEIGHT = 640, 360
FALL_S = 0.6  # from standing to lying
WARM_UP_S = 3.0  # the yard is empty this long, so that a background can be learnt


class Walker(msgspec.Struct, frozen=True):
    """A figure that walks straight and level, from x = ``start`` at ``begins`` seconds; shares of the frame."""

    begins: float
    start: float
    speed: float  # shares of the width per second; negative: to the left
    foot: float  # y of the feet
    height: float
    shade: int
    falls_at: float | None = None  # falls backwards where it is, and stays down
    sits_at: float | None = None  # stops and is a third shorter from then on

    def turned(self, at: float) -> float:
        """By how much of a right angle the figure has fallen, 0..1."""
        return 0.0 if self.falls_at is None else min(1.0, max(0.0, (at - self.falls_at) / FALL_S))

    def box(self, at: float) -> Box | None:
        """Where the figure is at ``at`` seconds; None before it begins and when it is wholly out of the frame."""
        stops = min((end for end in (self.falls_at, self.sits_at) if end is not None), default=at)
        x = self.start + self.speed * (min(at, stops) - self.begins)
        half = self.height * 0.38 * HEIGHT / WIDTH / 2
        if at < self.begins or x + half <= 0 or x - half >= 1:
            return None
        tall = self.height * (0.66 if self.sits_at is not None and at >= self.sits_at else 1.0)
        return Box(x - half, self.foot - tall, x + half, self.foot)


class Scene:
    """A yard and its walkers; the same seed gives the same pictures."""

    def __init__(self, walkers: tuple[Walker, ...], seed: int = 1) -> None:
        self.walkers = walkers
        self._yard = _yard(seed)
        self._seed = seed

    def people(self, at: float) -> list[Box]:
        """The boxes of the walkers in the picture at ``at`` seconds."""
        return [box for walker in self.walkers if (box := walker.box(at)) is not None]

    def picture(self, at: float) -> Image:
        """The picture at ``at`` seconds: 360 x 640 x 3, with the slight noise of a sensor."""
        image = self._yard.copy()
        for walker in sorted(self.walkers, key=lambda walker: walker.foot):
            box = walker.box(at)
            if box is not None:
                still = walker.sits_at is not None and at >= walker.sits_at
                _draw(image, box, walker.shade, 0.0 if still else at, walker.turned(at))
        grain = np.random.default_rng((self._seed, int(at * 1000))).integers(-3, 4, image.shape, dtype=np.int16)
        return np.asarray(np.clip(image.astype(np.int16) + grain, 0, 255), dtype=np.uint8)


def _yard(seed: int) -> Image:
    """A paved yard before a wall with windows, in which a camera finds something to recognise."""
    coarse = np.random.default_rng(seed).integers(120, 150, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    yard = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT)), dtype=np.uint8)
    wall = round(0.3 * HEIGHT)
    yard[:wall] = np.minimum(yard[:wall].astype(np.int16) + 15, 255)
    for x in range(24, WIDTH, 72):
        cv2.rectangle(yard, (x, wall // 4), (x + 36, 3 * wall // 4), (128, 112, 105), -1)
        cv2.rectangle(yard, (x, wall // 4), (x + 36, 3 * wall // 4), (168, 168, 168), 2)
    cv2.line(yard, (0, wall), (WIDTH, wall), (108, 108, 108), 3)
    for step, y in enumerate(range(wall + 24, HEIGHT, 40)):
        cv2.line(yard, (0, y), (WIDTH, y), (162, 162, 162), 2)
        for x in range(40 * (step % 2), WIDTH, 80):
            cv2.line(yard, (x, y), (x, y + 40), (162, 162, 162), 2)
    return yard


def _draw(image: Image, box: Box, shade: int, at: float, turned: float) -> None:
    """A figure with its feet at the foot of ``box``, leaning back by ``turned`` of a right angle."""
    x, foot, tall = round((box.x1 + box.x2) / 2 * WIDTH), round(box.y2 * HEIGHT), box.height * HEIGHT
    lean = turned * math.pi / 2
    swing = 0.0 if turned else 0.09 * tall * math.sin(at * 6.0)
    wide = max(2, round(0.16 * tall))

    def up(share: float) -> tuple[int, int]:
        return x - round(share * tall * math.sin(lean)), foot - 2 - round(share * tall * math.cos(lean))

    for side in (-swing, swing):
        cv2.line(image, up(0.45), (x + round(side), foot - 2), (shade // 2, 30, 30), max(3, wide // 2), cv2.LINE_AA)
    body = (wide, round(0.27 * tall))
    cv2.ellipse(image, up(0.72), body, -math.degrees(lean), 0, 360, (shade, 40, 60), -1)
    cv2.circle(image, up(0.91), max(2, round(0.09 * tall)), (90, 110, 160), -1, cv2.LINE_AA)


def crossing_scene(seed: int, seconds: float) -> Scene:
    """A scene in which people cross the yard now and then for ``seconds``, both ways, at different depths."""
    chance = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    walkers, at = [], WARM_UP_S
    while at < seconds:
        leftwards = chance.random() < 0.5
        foot = chance.uniform(0.55, 0.95)
        speed = chance.uniform(0.09, 0.16) * (-1 if leftwards else 1)
        walkers.append(Walker(at, 1.05 if leftwards else -0.05, speed, foot, 0.2 + 0.3 * foot, chance.randint(30, 90)))
        at += chance.uniform(2.0, 6.0)
    return Scene(tuple(walkers), seed)


class SceneSource:
    """The scene as a camera: ``fps`` pictures a second, for ten minutes, then again from the beginning."""

    LENGTH_S = 600.0

    def __init__(self, fps: float, seed: int = 1, *, paced: bool = True) -> None:
        self._scene = crossing_scene(seed, self.LENGTH_S)
        self._period = 1.0 / fps
        self._paced = paced
        self._count = 0
        self._origin = time.monotonic()

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        """The next picture."""
        if self._paced:
            # Who is slow skips pictures instead of falling behind.
            self._count = max(self._count, int((time.monotonic() - self._origin) / self._period))
        at = self._count * self._period
        self._count += 1
        if self._paced:
            stop.wait(max(0.0, self._origin + at - time.monotonic()))
        return None if stop.is_set() else Frame(self._scene.picture(at % self.LENGTH_S), at)

    def close(self) -> None:
        """Nothing is held."""
