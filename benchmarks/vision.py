"""What the camera agent's analyser makes of real recordings with ground truth, and what a frame costs.

    python -m benchmarks.vision DATA [--fps 5]

DATA is a folder with ``video/*.mp4`` beside ``*.counts.csv`` and ``*.lines_zones.json``, and ``models/*.onnx``. Every
detector runs with the defaults of `edge.toml`, on one OpenCV thread as the agent does, over every recording, on the
frames an agent would analyse. Prints Markdown: errors of the count of people per frame, crossings and zone visits
counted beside the true ones, and milliseconds of one frame (median).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge_agent.camera.detector import Detection, Detector, Image
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.truth import Score, camera_for, frames_of, read_truth, score, watch
from edge_agent.settings import Camera

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


def run(recording: Path, kind: str, data: Path, fps: float) -> tuple[Score, float]:
    """The score of a detector on a recording, and the median milliseconds of one frame."""
    truth, people = read_truth(recording)
    camera: Camera = camera_for(truth, stills=False, **settings_of(kind, data))
    step = max(1, round(truth.fps / fps))
    detector = Timed(make_detector(camera))
    results = watch(frames_of(recording), camera, detector, truth.fps, step)
    return score(results, truth, people, step), statistics.median(detector.seconds) * 1000


def lines(recording: Path, kind: str, found: Score, ms: float) -> Iterator[str]:
    """Rows of the table."""
    counts = f"{found.mean_people:.2f} / {found.mean_true:.2f}"
    crossed = "; ".join(f"{one.name} {one.ins}+{one.outs} / {one.true_ins}+{one.true_outs}" for one in found.lines)
    visits = "; ".join(
        f"{one.name} {one.visits} / {one.true_visits} (person-frames {one.person_frames} / {one.true_person_frames})"
        for one in found.zones
    )
    yield (
        f"| {recording.stem} | {kind} | {counts} | {found.mean_absolute_error:.2f} | {found.bias:+.2f} | "
        f"{found.tracks} | {crossed} | {visits} | {ms:.1f} |"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fps", type=float, default=5.0, help="frames analysed per second of video")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print("| recording | detector | people seen / true | MAE | bias | tracks | in+out / true | visits / true | ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    for recording in sorted((args.data / "video").glob("*.mp4")):
        for kind in MODELS:
            for line in lines(recording, kind, *run(recording, kind, args.data, args.fps)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
