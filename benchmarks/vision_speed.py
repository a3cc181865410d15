"""What one frame of a camera costs, stage by stage, in milliseconds of processor time.

Pictures of a recording are enlarged to each size and written as a video, so that decoding is measured too. Times are
process time (user and system, all threads), so other programs on the machine disturb them little.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import cv2
import msgspec
import numpy as np

from edge_agent.camera.analyser import Analyser
from edge_agent.camera.analytics import Fall, Running
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.evidence import still
from edge_agent.camera.tamper import TamperWatch
from edge_agent.camera.tracker import Tracker
from edge_agent.camera.yolox import letterbox
from edge_agent.settings import Camera, Line, Tamper, ZoneArea

SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
STREAM_FPS, FPS = 25.0, 5.0
HALL = ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0))
T = TypeVar("T")


class Cost(msgspec.Struct, frozen=True):
    """Milliseconds of one analysed frame in each stage; ``skip`` is one frame that is grabbed and not decoded."""

    size: str
    detector: str
    skip: float
    decode: float
    resize: float
    detect: float
    track: float
    rules: float
    tamper: float
    encode: float

    @property
    def frame(self) -> float:
        """A frame that is analysed, without a still: a camera sends one in a while."""
        return self.decode + self.detect + self.track + self.rules + self.tamper

    @property
    def cameras(self) -> float:
        """How many cameras of 25 frames a second, of which 5 are analysed, keep one core busy."""
        return 1000.0 / (FPS * self.frame + (STREAM_FPS - FPS) * self.skip)


class _Seen:
    """A `Detector` that gives what was found before."""

    def __init__(self, found: Sequence[list[Detection]]) -> None:
        self._found = iter(found)

    def detect(self, image: Image) -> list[Detection]:  # noqa: ARG002
        return next(self._found)


def timed(act: Callable[[], T]) -> tuple[T, float]:
    """What ``act`` gives, and the milliseconds it took."""
    began = time.process_time_ns()
    result = act()
    return result, (time.process_time_ns() - began) / 1e6


def costs(images: Sequence[Image], detectors: dict[str, dict[str, object]]) -> Iterator[Cost]:
    """The costs at each size of each of ``detectors`` (name: keys of a camera section)."""
    for size, (width, height) in SIZES.items():
        pictures = [np.asarray(cv2.resize(one, (width, height)), dtype=np.uint8) for one in images]
        skip, decode = _decoding(pictures)
        for name, keys in detectors.items():
            yield _cost(size, name, pictures, keys, skip, decode)


def _decoding(pictures: Sequence[Image]) -> tuple[float, float]:
    """Milliseconds to grab a frame of a video, and to grab and decode one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        height, width = pictures[0].shape[:2]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), STREAM_FPS, (width, height))
        for picture in pictures:
            writer.write(picture)
        writer.release()
        capture, grabs, reads = cv2.VideoCapture(str(path)), [], []
        while True:
            good, spent = timed(capture.grab)
            if not good:
                break
            grabs.append(spent)
            reads.append(spent + timed(capture.retrieve)[1])
        capture.release()
    return statistics.fmean(grabs), statistics.fmean(reads)


def _cost(size: str, name: str, pictures: Sequence[Image], keys: dict[str, object], skip: float, decode: float) -> Cost:
    camera = msgspec.convert(
        {"id": "c", "source": "sim", "stills": False, "fall": Fall(confirm_s=10), "running": Running(confirm_s=2),
         "zones": (ZoneArea(name="hall", polygon=HALL, kind="intrusion", capacity=20, loiter_s=60, object_s=60),),
         "lines": (Line(name="door", a=(0.5, 1.0), b=(0.5, 0.2), per_min=60),), **keys},
        Camera, from_attributes=True,
    )  # fmt: skip
    detector, tracker, tamper = make_detector(camera), Tracker(), TamperWatch(Tamper())
    detector.detect(pictures[0])
    found, detect = zip(*(timed(lambda one=one: detector.detect(one)) for one in pictures), strict=True)
    resize = [timed(lambda one=one: letterbox(one, 416))[1] for one in pictures]
    track = [timed(lambda n=n, one=one: tracker.update(one, n / FPS))[1] for n, one in enumerate(found)]
    analyser, now = Analyser(camera, _Seen(found), ZoneInfo("UTC")), datetime(2026, 1, 1, tzinfo=UTC)
    rules = [timed(lambda n=n, one=one: analyser.analyse(one, n / FPS, now))[1] for n, one in enumerate(pictures)]
    watched = [timed(lambda n=n, one=one: tamper.update(one, n / FPS))[1] for n, one in enumerate(pictures)]
    boxes = [one.box for one in found[-1]]
    encode = [timed(lambda one=one: still(one, boxes, HALL))[1] for one in pictures[:10]]
    mean = statistics.fmean
    return Cost(
        size, name, skip, decode, mean(resize), mean(detect), mean(track), mean(rules) - mean(track), mean(watched),
        mean(encode),
    )  # fmt: skip


def table(found: Iterator[Cost]) -> Iterator[str]:
    """Rows of Markdown."""
    stages = "grab | decode | (resize) | detect | track | rules | tamper | (still)"
    yield f"| size | detector | {stages} | frame | cameras |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for one in found:
        spent = (one.skip, one.decode, one.resize, one.detect, one.track, one.rules, one.tamper, one.encode, one.frame)
        yield f"| {one.size} | {one.detector} | {' | '.join(f'{ms:.1f}' for ms in spent)} | {one.cameras:.1f} |"
