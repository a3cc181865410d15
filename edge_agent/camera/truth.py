"""Hold what an analyser saw in a recording against its ground truth: counts, crossings and zone visits."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import msgspec
import numpy as np

from campus.errors import ImportFileError
from edge_agent.camera.analyser import Analyser, Analysis
from edge_agent.camera.detector import Detector, Image
from edge_agent.settings import Camera, Line, ZoneArea

_START = datetime(2026, 1, 1, tzinfo=UTC)


class Crossings(msgspec.Struct, frozen=True):
    """A line of the ground truth and how many crossed it."""

    line_norm: tuple[tuple[float, float], tuple[float, float]]
    in_count: int
    out_count: int


class TrueVisit(msgspec.Struct, frozen=True):
    """One person's stay in a zone, in frame numbers from 1."""

    id: int
    start: int
    end: int


class Visits(msgspec.Struct, frozen=True):
    """A zone of the ground truth and who visited it."""

    polygon_norm: tuple[tuple[float, float], ...]
    visits: tuple[TrueVisit, ...]


class Truth(msgspec.Struct, frozen=True):
    """What really happened in a recording; ``fps`` is the true frame rate."""

    fps: float
    lines: dict[str, Crossings]
    zones: dict[str, Visits]


class LineScore(msgspec.Struct, frozen=True):
    """Crossings counted beside the true ones."""

    name: str
    ins: int
    outs: int
    true_ins: int
    true_outs: int


class ZoneScore(msgspec.Struct, frozen=True):
    """Visits counted beside the true ones, and person-frames spent in the zone."""

    name: str
    visits: int
    true_visits: int
    person_frames: int
    true_person_frames: int


class Score(msgspec.Struct, frozen=True):
    """How an analyser did: errors in people per frame, numbers given to people (``tracks``), each line and zone."""

    frames: int
    mean_people: float
    mean_true: float
    mean_absolute_error: float
    bias: float
    within_one: float
    tracks: int
    lines: tuple[LineScore, ...]
    zones: tuple[ZoneScore, ...]


def read_truth(recording: Path) -> tuple[Truth, dict[int, int]]:
    """The ground truth beside ``recording``: lines and zones, and people by frame number from 1."""
    truth = msgspec.json.decode(recording.with_suffix(".lines_zones.json").read_bytes(), type=Truth)
    with recording.with_suffix(".counts.csv").open(newline="", encoding="utf-8") as file:
        return truth, {int(row["frame"]): int(row["people"]) for row in csv.DictReader(file)}


def camera_for(truth: Truth, **settings: object) -> Camera:
    """A camera that watches the lines and zones of ``truth``; ``settings`` are further keys of a camera section."""
    # Names in a truth file may hold dots, which a metric name cannot.
    lines = [Line(name=_safe(name), a=line.line_norm[0], b=line.line_norm[1]) for name, line in truth.lines.items()]
    zones = [ZoneArea(name=_safe(name), polygon=zone.polygon_norm) for name, zone in truth.zones.items()]
    section = {"id": "recording", "source": "sim", "lines": tuple(lines), "zones": tuple(zones), **settings}
    return msgspec.convert(section, Camera, from_attributes=True)


def frames_of(recording: Path) -> Iterator[Image]:
    """The frames of a video file in order."""
    capture = cv2.VideoCapture(str(recording))
    if not capture.isOpened():
        raise ImportFileError(str(recording), 0, "OpenCV cannot open this video")
    try:
        while True:
            good, image = capture.read()
            if not good:
                return
            yield np.asarray(image, dtype=np.uint8)
    finally:
        capture.release()


def watch(images: Iterable[Image], camera: Camera, detector: Detector, fps: float, step: int) -> list[Analysis]:
    """Analyse every ``step``-th of ``images``, which came ``fps`` times a second."""
    analyser = Analyser(camera, detector, ZoneInfo("UTC"))
    results = []
    for number, image in enumerate(images):
        if number % step == 0:
            at = number / fps
            results.append(analyser.analyse(image, at, _START + timedelta(seconds=at)))
    return results


def score(results: list[Analysis], truth: Truth, people: dict[int, int], step: int) -> Score:
    """Errors of ``results``, the k-th of which is of true frame ``k * step + 1``."""
    pairs = [(len(result.tracks), people[number * step + 1]) for number, result in enumerate(results)]
    errors = np.array([seen - true for seen, true in pairs], dtype=float)
    return Score(
        frames=len(pairs),
        mean_people=float(np.mean([seen for seen, _ in pairs])),
        mean_true=float(np.mean([true for _, true in pairs])),
        mean_absolute_error=float(np.abs(errors).mean()),
        bias=float(errors.mean()),
        within_one=float((np.abs(errors) <= 1).mean()),
        tracks=len({track.id for result in results for track in result.tracks}),
        lines=tuple(_line_score(name, line, results[-1]) for name, line in truth.lines.items()),
        zones=tuple(_zone_score(name, zone, results, step) for name, zone in truth.zones.items()),
    )


def _line_score(name: str, line: Crossings, last: Analysis) -> LineScore:
    ins, outs = (int(last.values[f"line.{_safe(name)}.{way}"]) for way in ("in", "out"))
    return LineScore(name, ins, outs, line.in_count, line.out_count)


def _zone_score(name: str, zone: Visits, results: list[Analysis], step: int) -> ZoneScore:
    began = Counter(v.zone for result in results for v in result.visits if v.left is None)[_safe(name)]
    inside = sum(int(result.values[f"zone.{_safe(name)}.people"]) for result in results) * step
    truly = sum(visit.end - visit.start + 1 for visit in zone.visits)
    return ZoneScore(name, began, len(zone.visits), inside, truly)


def _safe(name: str) -> str:
    return name.replace(".", "_")
