"""The stream over a line against what it can carry, and density in a zone."""

from datetime import UTC, datetime

import numpy as np
import pytest

from campus.events import CameraFlow
from edge_agent.camera.flow import LineRules
from edge_agent.camera.seen import Seen
from edge_agent.settings import Line, ZoneArea
from tests.edge_agent.conftest import standing

FPS = 2.0
IMAGE = np.zeros((90, 90, 3), dtype=np.uint8)
NOW = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)


def stream(rules: LineRules, minutes: float, per_min: float, back: float = 0.0) -> list[tuple[float, CameraFlow]]:
    """So many a minute cross to the right, a share ``back`` of them to the left, evenly."""
    found = []
    people = [
        (60 / per_min * i, i, 1 if int((i + 1) * back) == int(i * back) else -1) for i in range(int(minutes * per_min))
    ]
    for n in range(round((minutes * 60 + 60) * FPS)):
        at = n / FPS
        here = [
            standing(0.5 + way * (0.1 * (at - begins) - 0.15), 0.8, number=number + 1)
            for begins, number, way in people
            if 0 <= at - begins <= 3
        ]
        found += [
            (at, event)
            for event in rules.update(Seen(IMAGE, (), tuple(here), at, NOW))
            if isinstance(event, CameraFlow)
        ]
    return found


def a_line(**keys: float) -> LineRules:
    return LineRules(Line(name="stair", a=(0.5, 1.0), b=(0.5, 0.2), **keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("per_min", "back", "kinds"),
    [
        (40, 0.0, []),
        (70, 0.0, [("over_capacity", True), ("over_capacity", False)]),
        (40, 0.4, [("counter_flow", True), ("counter_flow", False)]),
        (40, 0.1, []),  # a few against the stream
        (20, 0.5, []),  # two ways, and room for both
    ],
)
def test_a_stream_is_held_against_what_the_way_carries(
    per_min: float, back: float, kinds: list[tuple[str, bool]]
) -> None:
    events = stream(a_line(per_min=60), 3, per_min, back)
    assert [(event.kind, event.active) for _, event in events] == kinds


def test_the_reading_has_the_last_minute_and_the_share_against_it() -> None:
    rules = a_line(per_min=60)
    for n in range(12):
        list(
            rules.update(
                Seen(IMAGE, (), (standing(0.2 + 0.05 * n, 0.8), standing(0.8 - 0.05 * n, 0.6, number=2)), n, NOW)
            )
        )
    assert rules.values() == {
        "line.stair.in": 1, "line.stair.out": 1, "line.stair.per_min": 2, "line.stair.against": 0.5,
    }  # fmt: skip
    assert set(a_line().values()) == {"line.stair.in", "line.stair.out"}


def test_a_zone_with_an_area_may_be_limited_by_density() -> None:
    polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    assert ZoneArea(name="stairs", polygon=polygon, area_m2=12.0, max_density=2.0).holds == 24
    assert ZoneArea(name="stairs", polygon=polygon, capacity=7, area_m2=12.0).holds == 7
    with pytest.raises(ValueError, match="needs the area_m2"):
        ZoneArea(name="stairs", polygon=polygon, max_density=2.0)
    with pytest.raises(ValueError, match="not both"):
        ZoneArea(name="stairs", polygon=polygon, max_density=2.0, area_m2=3.0, capacity=4)
