"""Small groups: from what is shown, by any sums and differences, no share of fewer than N can be worked out."""

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.city.hiding import hide

LEAST = 10


def row_space(rows: list[list[int]]) -> list[list[Fraction]]:
    """The reduced rows that span the same space."""
    left, done = [[Fraction(one) for one in row] for row in rows], []
    while left:
        row = left.pop()
        pivot = next((place for place, one in enumerate(row) if one), None)
        if pivot is None:
            continue
        row = [one / row[pivot] for one in row]
        left = [[a - other[pivot] * b for a, b in zip(other, row, strict=True)] for other in left]
        done = [[a - other[pivot] * b for a, b in zip(other, row, strict=True)] for other in done] + [row]
    return done


def derivable(group: list[int], rows: list[list[Fraction]]) -> bool:
    """Whether the number of a group of schools is a combination of numbers that are shown."""
    rest = [Fraction(one) for one in group]
    for row in rows:
        pivot = next(place for place, one in enumerate(row) if one)
        factor = rest[pivot]
        rest = [a - factor * b for a, b in zip(rest, row, strict=True)]
    return not any(rest)


# Up to three districts of up to three schools: small groups, none at all, and large ones.
cities = st.lists(st.lists(st.sampled_from([0, 1, 4, 6, 9, 10, 11, 30, 400]), max_size=3), min_size=1, max_size=3)


@settings(max_examples=300)
@given(cities)
def test_no_group_of_few_students_can_be_worked_out(sizes: list[list[int]]) -> None:
    city = {f"d{d}": {f"s{d}{s}": size for s, size in enumerate(row)} for d, row in enumerate(sizes)}
    hidden = hide(city, LEAST)
    schools = [(school, size, district) for district, own in city.items() for school, size in own.items() if size]
    shown = [[int(one == other) for other in schools] for one in schools if one[0] not in hidden.schools]
    totals = [[int(one[2] == district) for one in schools] for district in city if district not in hidden.districts]
    everything = [int(one[2] not in hidden.districts) for one in schools]
    rows = row_space([*shown, *totals, everything])
    for number in range(1, len(schools) + 1):
        for group in combinations(range(len(schools)), number):
            if sum(schools[one][1] for one in group) < LEAST:
                assert not derivable([int(place in group) for place in range(len(schools))], rows), (sizes, group)


@settings(max_examples=100)
@given(st.lists(st.integers(min_value=LEAST, max_value=3000), max_size=6))
def test_nothing_is_hidden_where_no_group_is_small(sizes: list[int]) -> None:
    hidden = hide({"d": {str(place): size for place, size in enumerate(sizes)}}, LEAST)
    assert (hidden.schools, hidden.districts) == (frozenset(), frozenset())


def test_the_smallest_other_school_is_hidden_with_a_small_one() -> None:
    hidden = hide({"d": {"tiny": 4, "village": 60, "town": 900, "closed": 0}}, LEAST)
    assert (hidden.schools, hidden.districts) == ({"tiny", "village"}, frozenset())
    assert hide({"d": {"tiny": 4, "closed": 0}}, LEAST).districts == {"d"}
