"""What the camera agent's analyser makes of real recordings with ground truth, and what a frame costs.

    python -m benchmarks.vision DATA [--fps 5] [--speed] [--tracks]

DATA is a folder with ``video/*.mp4`` beside ``*.counts.csv`` and ``*.lines_zones.json``, and ``models/*.onnx``. Every
detector runs with the defaults of `edge.toml`, on one OpenCV thread as the agent does, over every recording, on the
frames an agent would analyse. Prints Markdown: errors of the count of people per frame, crossings and zone visits
counted beside the true ones, identity switches, MOTA and IDF1, and milliseconds of one frame (median).

``--speed`` prints instead what each stage of a frame costs at 480p, 720p and 1080p with each detector and runtime, and
how many cameras one core carries; ``--tracks`` how the tracker does on the true boxes of ``tracks/*.gt.txt``.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from benchmarks.mot import Following, boxes_of, following, read_boxes
from benchmarks.vision_speed import costs, table
from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.tracker import Tracker
from edge_agent.camera.truth import Score, camera_for, frames_of, read_truth, score, watch
from edge_agent.settings import Camera

# Pixels of the ground truth, and the true rate of the sets that are boxes only.
TRUE_SIZES = {"pets09_s2l1_1-480": (768, 576), "tud_campus": (640, 480)}
TRACKS = {"ADL-Rundle-6": ((1920, 1080), 30.0), "ETH-Sunnyday": ((640, 480), 14.0), "KITTI-13": ((1242, 375), 10.0)}
MODELS = {"motion": None, "yolox": "yolox_nano.onnx", "fastestdet": "FastestDet.onnx"}


class Timed:
    """A detector that notes how long each frame takes, in seconds."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.seconds: list[float] = []

    def detect(self, image: Image) -> list[Detection]:
        """As the detector does."""
        began = time.perf_counter()
        found = list(self._detector.detect(image))
        self.seconds.append(time.perf_counter() - began)
        return found


def settings_of(kind: str, data: Path) -> dict[str, object]:
    """The camera's settings that choose a detector."""
    model = MODELS[kind]
    return {"detector": kind, "model": data / "models" / model if model else None}


def run(recording: Path, kind: str, data: Path, fps: float) -> tuple[Score, Following, float]:
    """The scores of a detector on a recording, and the median milliseconds of one frame."""
    truth, people = read_truth(recording)
    camera: Camera = camera_for(truth, stills=False, **settings_of(kind, data))
    step = max(1, round(truth.fps / fps))
    detector = Timed(make_detector(camera))
    results = watch(frames_of(recording), camera, detector, truth.fps, step)
    boxes = read_boxes(recording.with_suffix(".gt.txt"), TRUE_SIZES[recording.stem])
    true = [boxes.get(number * step + 1, {}) for number in range(len(results))]
    followed = following(true, [boxes_of(result.tracks) for result in results])
    return score(results, truth, people, step), followed, statistics.median(detector.seconds) * 1000


def follow_true_boxes(data: Path, fps: float, drop: float) -> Iterator[tuple[str, Following]]:
    """The tracker alone on true boxes, of which a share ``drop`` is missing, at about ``fps`` frames a second."""
    for name, (size, rate) in TRACKS.items():
        chance, tracker, step = random.Random(1), Tracker(), max(1, round(rate / fps))
        frames = sorted(read_boxes(data / "tracks" / f"{name}.gt.txt", size).items())
        true, seen = [], []
        for frame, boxes in frames[::step]:
            kept = [Detection(box, 0.9) for box in boxes.values() if chance.random() >= drop]
            true.append(boxes)
            seen.append(boxes_of(tracker.update(kept, frame / rate)))
        yield name, following(true, seen)


def lines(recording: Path, kind: str, found: Score, followed: Following, ms: float) -> Iterator[str]:
    """Rows of the table."""
    counts = f"{found.mean_people:.2f} / {found.mean_true:.2f}"
    crossed = "; ".join(f"{one.name} {one.ins}+{one.outs} / {one.true_ins}+{one.true_outs}" for one in found.lines)
    visits = "; ".join(
        f"{one.name} {one.visits} / {one.true_visits} (person-frames {one.person_frames} / {one.true_person_frames})"
        for one in found.zones
    )
    yield (
        f"| {recording.stem} | {kind} | {counts} | {found.mean_absolute_error:.2f} | {found.bias:+.2f} | "
        f"{found.tracks} | {followed.switches} | {followed.mota:.2f} | {followed.idf1:.2f} | {crossed} | "
        f"{visits} | {ms:.1f} |"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fps", type=float, default=5.0, help="frames analysed per second of video")
    parser.add_argument("--speed", action="store_true", help="what each stage of a frame costs")
    parser.add_argument("--tracks", action="store_true", help="the tracker on true boxes")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.speed:
        print_speed(args.data)
    elif args.tracks:
        print_tracks(args.data, args.fps)
    else:
        print_recordings(args.data, args.fps)


def print_speed(data: Path) -> None:
    images = list(itertools.islice(frames_of(data / "video" / "pets09_s2l1_1-480.mp4"), 60))
    kinds = {kind: settings_of(kind, data) for kind in MODELS}
    if importlib.util.find_spec("onnxruntime") is not None:
        kinds |= {
            f"{kind}, onnxruntime": {**keys, "runtime": "onnxruntime"} for kind, keys in kinds.items() if MODELS[kind]
        }
    for line in table(costs(images, kinds)):
        print(line, flush=True)


def print_tracks(data: Path, fps: float) -> None:
    print("| boxes | lost | switches | fragments | MOTA | IDF1 | true boxes |")
    print("|---|---|---|---|---|---|---|")
    for drop in (0.0, 0.2):
        for name, one in follow_true_boxes(data, fps, drop):
            cells = f"{one.switches} | {one.fragments} | {one.mota:.2f} | {one.idf1:.2f} | {one.true}"
            print(f"| {name} | {drop:.0%} | {cells} |", flush=True)


def print_recordings(data: Path, fps: float) -> None:
    head = "recording | detector | people seen / true | MAE | bias | tracks | switches | MOTA | IDF1 | in+out / true"
    print(f"| {head} | visits / true | ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for recording in sorted((data / "video").glob("*.mp4")):
        for kind in MODELS:
            for line in lines(recording, kind, *run(recording, kind, data, fps)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
