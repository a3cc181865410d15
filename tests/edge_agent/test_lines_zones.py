"""Lines, zones and N-of-M as tables: where the feet go, and what counts."""

import pytest

from edge_agent.camera.confirm import Confirmation
from edge_agent.camera.geometry import inside, segments_meet
from edge_agent.camera.lines import LineCounter
from edge_agent.camera.zones import ZoneWatch
from tests.edge_agent.conftest import standing

DOWN = ((0.5, 0.2), (0.5, 0.8))  # drawn downwards: its right hand is the left of the picture
RIGHT = ((0.2, 0.5), (0.8, 0.5))  # drawn to the right: its right hand is below


@pytest.mark.parametrize(
    ("line", "way", "ins", "outs"),
    [
        (DOWN, [(0.6, 0.5), (0.4, 0.5)], 1, 0),  # from right to left over a line drawn downwards is "in"
        (DOWN, [(0.4, 0.5), (0.6, 0.5)], 0, 1),  # and back is "out"
        (RIGHT, [(0.5, 0.4), (0.5, 0.6)], 1, 0),  # downwards over a line drawn to the right is "in"
        (DOWN, [(0.6, 0.9), (0.4, 0.9)], 0, 0),  # past the end of the line
        (DOWN, [(0.6, 0.1), (0.4, 0.1)], 0, 0),  # past its other end
        (DOWN, [(0.6, 0.5), (0.52, 0.5), (0.505, 0.5), (0.6, 0.5)], 0, 0),  # up to the line and back
        (DOWN, [(0.6, 0.5), (0.495, 0.5), (0.505, 0.5), (0.495, 0.5), (0.6, 0.5)], 0, 0),  # trembling on it
        (DOWN, [(0.6, 0.5), (0.495, 0.5), (0.505, 0.5), (0.4, 0.5)], 1, 0),  # trembling, then over: once
        (DOWN, [(0.6, 0.5), (0.4, 0.5), (0.6, 0.5), (0.4, 0.5)], 2, 1),  # to and fro
        (DOWN, [(0.6, 0.5), (0.6, 0.9), (0.4, 0.9), (0.4, 0.5)], 0, 0),  # around the end: never over the line
        (DOWN, [(0.4, 0.5)], 0, 0),  # appears beyond the line: nobody saw a crossing
    ],
)
def test_who_crosses_is_counted_once_with_the_direction(
    line: tuple[tuple[float, float], tuple[float, float]], way: list[tuple[float, float]], ins: int, outs: int
) -> None:
    counter = LineCounter("door", *line)
    for step, (x, y) in enumerate(way):
        counter.update([standing(x, y)], at=step * 0.2)
    assert (counter.ins, counter.outs) == (ins, outs)


def test_a_guessed_position_crosses_nothing_and_the_next_sight_does() -> None:
    counter = LineCounter("door", *DOWN)
    counter.update([standing(0.6, 0.5)], 0.0)
    assert counter.update([standing(0.4, 0.5, unseen_s=0.4)], 0.4) == []
    (crossing,) = counter.update([standing(0.38, 0.5)], 0.6)
    assert (crossing.direction, crossing.track) == ("in", 1)


def test_two_people_crossing_at_once_are_two() -> None:
    counter = LineCounter("door", *DOWN)
    counter.update([standing(0.6, 0.4, number=1), standing(0.4, 0.6, number=2)], 0.0)
    counter.update([standing(0.4, 0.4, number=1), standing(0.6, 0.6, number=2)], 0.2)
    assert (counter.ins, counter.outs) == (1, 1)


L_SHAPE = ((0.2, 0.2), (0.4, 0.2), (0.4, 0.6), (0.8, 0.6), (0.8, 0.8), (0.2, 0.8))


@pytest.mark.parametrize(
    ("point", "is_inside"),
    [
        ((0.3, 0.3), True),  # in the upright of the L
        ((0.6, 0.7), True),  # in its foot
        ((0.6, 0.3), False),  # in the corner the L leaves out
        ((0.1, 0.7), False),  # beside it
        ((0.9, 0.6), False),  # level with a corner: a ray through a corner counts once
        ((0.1, 0.2), False),  # level with an edge
    ],
)
def test_a_point_is_inside_a_polygon_that_is_not_convex(point: tuple[float, float], is_inside: bool) -> None:
    assert inside(point, L_SHAPE) is is_inside


def test_two_zones_that_share_an_edge_share_nobody() -> None:
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    right = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    for y in (0.0, 0.25, 0.99):
        assert inside((0.5, y), left) + inside((0.5, y), right) == 1


def test_segments_that_only_point_at_each_other_do_not_meet() -> None:
    assert segments_meet((0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0))
    assert not segments_meet((0.0, 0.0), (0.4, 0.4), (0.0, 1.0), (1.0, 0.0))


SQUARE = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
IN, OUT = (0.5, 0.5), (0.3, 0.5)


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([IN] * 5, [("began", 0.0)]),  # stays in
        ([IN], []),  # one frame inside may be a slip of the box
        ([OUT, IN, OUT, OUT, OUT], []),  # brushed the corner
        ([IN] * 4 + [OUT] * 6, [("began", 0.0), ("left", 0.6)]),  # a visit; it ended when last seen inside
        ([IN] * 3 + [OUT] + [IN] * 3, [("began", 0.0)]),  # trembling at the edge is one visit
        ([IN] * 3 + [None] * 2 + [IN] * 3, [("began", 0.0)]),  # hidden for a moment is one visit
        ([IN] * 3 + [None] * 6, [("began", 0.0), ("left", 0.4)]),  # vanished
        ([IN] * 3 + [OUT] * 6 + [IN] * 3, [("began", 0.0), ("left", 0.4), ("began", 1.8)]),  # came again
    ],
)
def test_a_visit_begins_and_ends_only_when_it_is_clear(
    places: list[tuple[float, float] | None], told: list[tuple[str, float]]
) -> None:
    watch = ZoneWatch("lawn", SQUARE)
    visits = [
        visit
        for frame, place in enumerate(places)  # five frames a second
        for visit in watch.update([standing(*place)] if place else [], at=frame * 0.2)
    ]
    heard = [("began", visit.since) if visit.left is None else ("left", visit.left) for visit in visits]
    assert [(what, pytest.approx(when)) for what, when in told] == heard


def test_the_visitors_are_those_whose_visit_goes_on() -> None:
    watch = ZoneWatch("lawn", SQUARE)
    for frame in range(4):
        watch.update([standing(*IN, number=7), standing(*OUT, number=8)], at=frame * 0.2)
    assert watch.visitors == {7}


@pytest.mark.parametrize(
    ("seen", "confirmed"),
    [
        ("1110", [False, False, True, True]),  # three of four
        ("101011", [False] * 5 + [True]),  # with gaps
        ("100100100", [False] * 9),  # too seldom
        ("11100000", [False, False, True, True, False, False, False, False]),  # and it wears off
    ],
)
def test_three_of_the_last_four_frames_confirm(seen: str, confirmed: list[bool]) -> None:
    confirmation = Confirmation(3, 4)
    assert [5 in confirmation.update([5] if sign == "1" else []) for sign in seen] == confirmed
