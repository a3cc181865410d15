"""What the edge tests share: a voice that writes down what was said, and tracks made by hand."""

from datetime import datetime
from pathlib import Path

import pytest

from campus.events import Event
from edge_agent.camera.geometry import Box
from edge_agent.camera.tracker import Track


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


@pytest.fixture
def model(real_data: Path) -> Path:
    return real_data / "models" / "yolox_nano.onnx"
