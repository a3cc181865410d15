"""Boot and sequence numbers: what is missing, what came late after all, what was lost."""

from hypothesis import given
from hypothesis import strategies as st

from devices.presence.trail import MAX_HOLES, MOST_LOST, Trail, follow

UNKNOWN = Trail()


def walk(*numbers: int, boot: str = "a", trail: Trail = UNKNOWN) -> Trail:
    for number in numbers:
        trail = follow(trail, boot, number, number, 1)
    return trail


def test_numbers_in_a_row_leave_no_gap() -> None:
    assert walk(7, 8, 9).gaps == 0
    assert walk(7, 8, 9).seq == 9


def test_a_jump_is_a_gap_of_what_lies_between() -> None:
    trail = walk(1, 2, 6)
    assert trail.missing == ((3, 5),)
    assert trail.gaps == 3


def test_late_messages_close_a_gap_from_any_side() -> None:
    trail = walk(1, 6, 3)
    assert trail.missing == ((2, 2), (4, 5))
    assert walk(2, 5, 4, trail=trail).gaps == 0


def test_a_duplicate_changes_nothing() -> None:
    assert walk(1, 2, 3, 2, 3) == walk(1, 2, 3)


def test_a_new_boot_starts_counting_anew_and_gives_the_old_gaps_up() -> None:
    trail = follow(walk(1, 4), "b", 1, 1, 1)
    assert (trail.boots, trail.seq, trail.missing, trail.lost) == (2, 1, (), 2)


def test_what_an_earlier_run_left_in_its_spool_is_no_new_boot() -> None:
    trail = follow(walk(1), "b", 1, 1, 1)
    assert follow(trail, "a", 2, 2, 1, late=True) == trail
    assert follow(trail, "a", 3, 3, 1) == trail  # the run just before, not marked late
    assert follow(trail, "x", 9, 9, 1, late=True) == trail  # an even older one


def test_a_device_that_does_not_number_has_no_gaps() -> None:
    assert walk(0, 0, 0).gaps == 0
    assert walk(0, 0, 0, boot="").boots == 0


def test_an_array_counts_each_of_its_readings() -> None:
    trail = follow(walk(10), "a", 11, 60, 50)
    assert (trail.seq, trail.gaps) == (60, 0)
    assert follow(trail, "a", 61, 70, 8).lost == 2  # two were left out inside the array


def test_too_many_gaps_at_once_are_counted_and_not_kept() -> None:
    trail = walk(*range(1, 3 * MAX_HOLES, 2))
    assert len(trail.missing) == MAX_HOLES
    assert trail.gaps == len(range(1, 3 * MAX_HOLES, 2)) - 1


def test_numbers_that_are_made_up_never_count_beyond_what_a_column_holds() -> None:
    trail = Trail()
    for run in range(3000):
        for number in (1, 2**53):
            trail = follow(trail, f"run-{run}", number, number, 1)
    assert trail.lost == MOST_LOST < 2**63


@given(st.permutations(range(2, 14)))
def test_whatever_the_order_everything_that_came_is_not_missing(order: list[int]) -> None:
    came = order[:8]
    trail = walk(1, *came)
    holes = {number for first, last in trail.missing for number in range(first, last + 1)}
    assert holes == set(range(2, max(came) + 1)) - set(came)
    assert trail.gaps == len(holes)
