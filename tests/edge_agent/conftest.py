"""What the edge tests share: a voice that writes down what was said, and tracks made by hand."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campus.clock import VirtualClock
from campus.events import Event
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.geometry import Box
from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.rendered import Scene
from edge_agent.camera.tracker import Track
from edge_agent.settings import Camera


class Notebook:
    """A `Voice` that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Event, datetime]] = []
        self.readings: list[tuple[str, dict[str, float | bool], datetime]] = []

    def event(self, device: str, event: Event, at: datetime) -> None:
        self.events.append((device, event, at))

    def reading(self, device: str, values: dict[str, float | bool], at: datetime) -> None:
        self.readings.append((device, values, at))


@pytest.fixture
def voice() -> Notebook:
    return Notebook()


def standing(x: float, y: float, *, number: int = 1, height: float = 0.2, unseen_s: float = 0.0) -> Track:
    """A tracked person whose feet are at (x, y)."""
    return Track(number, Box(x - height / 5, y - height, x + height / 5, y), 0.9, unseen_s)


def watch_drawn(scene: Scene, camera: Camera, clock: VirtualClock, seconds: float) -> list[tuple[float, Event]]:
    """What a camera without a model tells of a drawn scene at 5 pictures a second, each with its time."""
    analyser = Analyser(camera, MotionDetector(), ZoneInfo("Asia/Shanghai"))
    found: list[tuple[float, Event]] = []
    for number in range(round(seconds * 5)):
        at = number / 5
        found += [(at, event) for event in analyser.analyse(scene.picture(at), at, clock.now()).events]
    return found


@pytest.fixture
def model(real_data: Path) -> Path:
    return real_data / "models" / "yolox_nano.onnx"
