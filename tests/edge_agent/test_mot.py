"""The measures of following, on ways made by hand whose values are known."""

import pytest

from benchmarks.mot import Following, following
from edge_agent.camera.geometry import Box


def at(x: float) -> Box:
    return Box(x, 0.2, x + 0.1, 0.5)


def frames(*ways: dict[int, float]) -> list[dict[int, Box]]:
    return [{number: at(x) for number, x in way.items()} for way in ways]


TRUE = frames(*[{1: 0.1, 2: 0.6}] * 10)


@pytest.mark.parametrize(
    ("tracked", "expected"),
    [
        (frames(*[{7: 0.1, 8: 0.6}] * 10), Following(20, 0, 0, 0, 0, 1.0)),
        (frames(*[{7: 0.1}] * 10), Following(20, 10, 0, 0, 0, 20 / 30)),
        (frames(*[{7: 0.1, 8: 0.6, 9: 0.85}] * 10), Following(20, 0, 10, 0, 0, 40 / 50)),
        # the numbers change places half way: two switches, and half of the way under the wrong number
        (frames(*[{7: 0.1, 8: 0.6}] * 5, *[{8: 0.1, 7: 0.6}] * 5), Following(20, 0, 0, 2, 0, 0.5)),
        # lost for two frames and found again, under the same number and under a new one
        (frames(*[{7: 0.1, 8: 0.6}] * 4, *[{8: 0.6}] * 2, *[{7: 0.1, 8: 0.6}] * 4), Following(20, 2, 0, 0, 1, 36 / 38)),
        (frames(*[{7: 0.1, 8: 0.6}] * 4, *[{8: 0.6}] * 2, *[{9: 0.1, 8: 0.6}] * 4), Following(20, 2, 0, 1, 1, 28 / 38)),
    ],
)
def test_the_measures_are_those_of_the_field(tracked: list[dict[int, Box]], expected: Following) -> None:
    found = following(TRUE, tracked)
    assert found == Following(
        *[*(getattr(expected, name) for name in ("true", "missed", "false", "switches", "fragments")), found.idf1]
    )
    assert found.idf1 == pytest.approx(expected.idf1)


def test_a_pair_that_still_holds_is_kept_though_another_lies_nearer() -> None:
    tracked = frames(*[{7: 0.1, 8: 0.6}] * 5) + [{7: at(0.125), 9: at(0.1), 8: at(0.6)}] * 5
    found = following(TRUE, tracked)
    assert (found.switches, found.false) == (0, 5)
    assert found.mota == pytest.approx(0.75)
