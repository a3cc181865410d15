"""Looks at a camera for a few seconds and says what is wrong with its picture, its pace or what it is set to watch."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence

import cv2
import msgspec
import numpy as np

from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.geometry import Polygon, inside
from edge_agent.camera.look import look_at
from edge_agent.camera.overlay import overlay
from edge_agent.camera.source import Frame, Source
from edge_agent.camera.symptoms import judge
from edge_agent.camera.view import recognisable
from edge_agent.login import without_secrets
from edge_agent.remark import Remark
from edge_agent.settings import Camera

LOOK_S = 5.0  # seconds of video
PATIENCE_S = 10.0  # real seconds without a picture
_TINY = 0.005  # share of the frame below which a zone is most likely a slip of the pen
_SMALL_PX = 320


class Report(msgspec.Struct, frozen=True):
    """What was found, and the last picture as JPEG with all that is watched drawn on it (None: there was none)."""

    remarks: tuple[Remark, ...]
    picture: bytes | None

    @property
    def good(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(remark.fix for remark in self.remarks)


class _Seen(msgspec.Struct, frozen=True):
    frame: Frame
    people: list[Detection]
    seconds: float  # that the detector took


def check(camera: Camera, source: Source, detector: Detector) -> Report:
    """Watch ``source`` for `LOOK_S`; it is closed afterwards. Takes at most about `PATIENCE_S` when it is silent."""
    try:
        seen = list(_watch(source, detector))
    finally:
        source.close()
    zones = tuple(_about_zones(camera))
    if not seen:
        where = without_secrets(camera.source)
        fix = "Check the address, user and password, whether the camera has power, and the network between"
        return Report((Remark(f"{where}: no picture in {PATIENCE_S:.0f} s", fix), *zones), None)
    last = seen[-1]
    picture = overlay(last.frame.image, camera, [one.box for one in last.people])
    return Report((*_about_picture(seen), *_about_pace(seen, camera.fps), *zones), picture)


def _watch(source: Source, detector: Detector) -> Iterator[_Seen]:
    stop, first = threading.Event(), None
    began = time.monotonic()
    while (got := source.next(stop)) is not None:
        if not isinstance(got, Frame):
            if time.monotonic() - began > PATIENCE_S:
                return
            continue
        first = got.at if first is None else first
        before = time.perf_counter()
        people = detector.detect(got.image)
        yield _Seen(got, people, time.perf_counter() - before)
        if got.at - first >= LOOK_S:
            return


def _about_picture(seen: Sequence[_Seen]) -> Iterator[Remark]:
    image = seen[-1].frame.image
    height, width = image.shape[:2]
    small = "Ask the camera for its main stream; people are too small in this one" if width < _SMALL_PX else ""
    yield Remark(f"picture of {width} x {height}", small)
    look = look_at(image)
    frozen = len(seen) > 1 and all(_same(seen[0].frame.image, one.frame.image) for one in seen[1:])
    fault = judge(look, None, frozen=frozen).symptom
    fixes = {
        "frozen": "Restart the camera: it sends one picture again and again",
        "dark": "Take off what covers the lens, or give it light or infrared",
        "overexposed": "Turn it away from the lamp or the sun, or mend its exposure",
    }
    yield Remark(f"light {look.mean:.0f} of 255" + (f": {fault}" if fault else ""), fixes.get(fault or "", ""))
    if not recognisable(look):
        fix = "Turn it towards something with edges; a wall alone cannot tell that the camera was moved or blurred"
        yield Remark("nothing in the picture to recognise it by", fix)
    counts = [len(one.people) for one in seen]
    yield Remark(f"people: {counts[-1]} in the last picture, at most {max(counts)} of {len(seen)} pictures")


def _about_pace(seen: Sequence[_Seen], fps: float) -> Iterator[Remark]:
    cost = statistics.median(one.seconds for one in seen)
    slow = f"Set fps to {max(0.5, 0.8 / cost):.1f} or less, or take a lighter detector" if cost > 0.8 / fps else ""
    yield Remark(f"detector: {1000 * cost:.0f} ms a picture, of {1000 / fps:.0f} ms at {fps:g} a second", slow)
    span = seen[-1].frame.at - seen[0].frame.at
    if span > 0:
        pace = (len(seen) - 1) / span
        few = "The stream is slower than fps, or pictures are lost: check the camera's rate and the network"
        yield Remark(f"{pace:.1f} pictures a second", few if pace < 0.7 * fps else "")


def _about_zones(camera: Camera) -> Iterator[Remark]:
    for zone in camera.zones:
        size = float(cv2.contourArea(np.array(zone.polygon, dtype=np.float32)))
        if size < _TINY:
            fix = "Draw it around the ground where people stand; corners are in shares of the picture, 0 to 1"
            yield Remark(f"zone {zone.name}: {100 * size:.2f} % of the picture", fix)
        for key, areas in (("ignore", camera.ignore), ("masks", camera.masks)):
            if any(_within(zone.polygon, area) for area in areas):
                yield Remark(
                    f"zone {zone.name}: wholly inside an area of {key}", "Nobody is ever found there: move one"
                )
    if not camera.zones and not camera.lines:
        yield Remark("no zones and no lines: people are counted in the whole picture")


def _within(polygon: Polygon, area: Polygon) -> bool:
    return all(inside(corner, area) for corner in polygon)


def _same(first: Image, second: Image) -> bool:
    return np.array_equal(first[::4, ::4], second[::4, ::4])
