"""The analyser over a real recording with ground truth; the figures stand in docs/vision.md."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.vision import run

pytestmark = pytest.mark.real_data
FPS = 5.0


@pytest.fixture(scope="module")
def recording_name() -> str:
    return "pets09_s2l1_1-480.mp4"


@pytest.mark.parametrize(
    ("detector", "worst_error"),
    [("yolox", 2.0), ("motion", 2.5)],  # people per frame, of 5 on average: far from the measured ones, on purpose
)
def test_people_on_a_campus_road_are_counted_near_the_truth(
    real_data: Path,
    recording_name: str,
    detector: str,
    worst_error: float,
    record_property: Callable[[str, object], None],
) -> None:
    found, followed, ms = run(real_data / "video" / recording_name, detector, real_data, FPS)
    record_property("score", repr(found))
    record_property("milliseconds a frame", f"{ms:.1f}")
    record_property("following", repr(followed))
    assert found.frames == 480
    assert followed.switches <= 60
    assert followed.idf1 > 0.3
    assert found.mean_absolute_error < worst_error
    for line in found.lines:  # half of those who crossed, and not twice as many
        seen, true = line.ins + line.outs, line.true_ins + line.true_outs
        assert true / 2 <= seen <= 2 * true, line
    assert sum(zone.visits for zone in found.zones) <= 4 * sum(zone.true_visits for zone in found.zones) + 2
