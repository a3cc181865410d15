"""Which school comes first on the list, and why; shares against their own past."""

from datetime import UTC, date, datetime

import pytest

from dashboards.city.counting import Away, term_begin, up_share
from dashboards.city.figures import CityShare, Count, past_days, pooled, share
from dashboards.city.need import Known, reasons, state, urgency

SINCE = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
WELL = {"devices": 40, "heard": 40, "rolls": 20}


@pytest.mark.parametrize(
    ("more", "codes", "makes"),
    [
        ({}, [], "good"),
        ({"alarms": {"critical": 2, "warning": 9}, "critical_since": SINCE}, ["critical_alarms"], "critical"),
        ({"alarms": {"major": 1}, "rolls_unsettled": 3}, ["major_alarms", "rolls_unsettled"], "warning"),
        ({"heard": 0, "gates_down": 3, "agents_down": 1, "heard_at": SINCE}, ["silent"], "unknown"),
        ({"heard": 0, "alarms": {"critical": 1}}, ["critical_alarms", "silent"], "critical"),
        ({"heard": 39, "gates_down": 1}, ["gates_down"], "warning"),
        ({"heard": 36}, ["devices_away"], "warning"),
        ({"heard": 37}, [], "good"),
        ({"devices": 0, "heard": 0, "rolls": 0}, ["nothing_known"], "unknown"),
        ({"attendance": CityShare(now=0.9, usual=0.95, difference=-0.05)}, ["attendance_low"], "warning"),
        ({"attendance": CityShare(now=0.94, usual=0.95, difference=-0.01)}, [], "good"),
    ],
)
def test_the_reasons_of_a_school(more: dict[str, object], codes: list[str], makes: str) -> None:
    found = reasons(Known(**{**WELL, **more}))  # type: ignore[arg-type]
    assert [one.code for one in found] == codes
    assert state(found) == makes


def test_a_list_by_need_begins_with_the_worst() -> None:
    schools = {
        "well": {}, "rolls": {"rolls_unsettled": 2}, "gate": {"gates_down": 1, "heard": 39}, "silent": {"heard": 0},
        "one": {"alarms": {"critical": 1}}, "three": {"alarms": {"critical": 3}},
    }  # fmt: skip
    found = sorted(schools, key=lambda one: urgency(reasons(Known(**{**WELL, **schools[one]}))))  # type: ignore[arg-type]
    assert found == ["three", "one", "silent", "gate", "rolls", "well"]


def test_a_share_is_held_against_the_same_weekday_of_the_past_four_weeks() -> None:
    assert past_days(date(2026, 9, 28))[::3] == (date(2026, 9, 21), date(2026, 8, 31))
    found = share(Count(90, 100), [Count(96, 100), None, Count(47, 50)])
    assert (found.now, found.usual, found.days) == (0.9, pytest.approx(0.95), 2)
    assert found.difference == pytest.approx(-0.05)
    assert share(Count(90, 100), [Count(96, 100), None]).usual is None  # one day is no habit
    assert share(None, [Count(1, 1)] * 4) == CityShare(usual=1.0, days=4)
    assert pooled([Count(1, 4), None, Count(0, 0), Count(3, 4)]) == Count(4, 8)
    assert pooled([None]) is None


def test_uptime_counts_outages_within_the_day_and_nothing_before_the_first_message() -> None:
    day = (datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC))
    first = datetime(2026, 9, 1, tzinfo=UTC)
    aways = [
        Away(datetime(2026, 9, 6, 12, tzinfo=UTC), datetime(2026, 9, 7, 6, tzinfo=UTC)),  # six hours of this day
        Away(datetime(2026, 9, 7, 18, tzinfo=UTC), None),  # six hours
        Away(datetime(2026, 9, 5, tzinfo=UTC), datetime(2026, 9, 6, tzinfo=UTC)),
    ]
    assert up_share(aways, 2, first, *day) == pytest.approx(0.75)
    assert up_share([], 2, datetime(2026, 9, 8, tzinfo=UTC), *day) is None
    assert up_share([], 0, first, *day) is None


def test_without_a_term_on_record_it_began_in_february_or_august() -> None:
    assert term_begin(date(2026, 1, 31)) == date(2025, 8, 1)
    assert term_begin(date(2026, 2, 1)) == date(2026, 2, 1)
    assert term_begin(date(2026, 9, 7)) == date(2026, 8, 1)
