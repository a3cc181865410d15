"""Edge colouring is held against its definition on drawn graphs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.school.colouring import colour_edges

edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=80)


def degree(graph: list[tuple[int, int]]) -> int:
    ends = [("left", a) for a, _ in graph] + [("right", b) for _, b in graph]
    return max((ends.count(end) for end in ends), default=0)


@given(edges)
def test_as_many_colours_as_the_highest_degree_always_suffice(graph: list[tuple[int, int]]) -> None:
    colours = colour_edges(graph, degree(graph))
    left = [(a, colour) for (a, _), colour in zip(graph, colours, strict=True)]
    right = [(b, colour) for (_, b), colour in zip(graph, colours, strict=True)]
    assert len(set(left)) == len(set(right)) == len(graph)


def test_too_few_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 1 edges"):
        colour_edges([(0, 0), (0, 1)], 1)
