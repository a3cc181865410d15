"""Where those inside were last seen, and the bounds that counters at the gates give."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from attendance_play import DAY, SCHOOL, ZONE, Play

from attendance.calendar.schoolday import day_bounds
from attendance.site.last_places import (
    Bounds,
    GateFlow,
    LastSeen,
    PlaceCount,
    bounds,
    card_flows,
    inside_by_place,
    place_of,
)
from attendance.tables import readers
from campus import db
from campus.series.store import Bucket
from dashboards.views.on_site_places import BuildingCount, by_building, grown
from devices.queries import Place

START, END = day_bounds(DAY, ZONE)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ((), (100, 110, 0, 0, ())),
        ((GateFlow(place="g", cards_in=100, cards_out=0, counted_in=104, counted_out=0),), (100, 114, 4, 0, ())),
        ((GateFlow(place="g", cards_in=100, cards_out=5, counted_in=100, counted_out=8),), (97, 110, 0, 3, ())),
        ((GateFlow(place="g", cards_in=100, cards_out=5, counted_in=90, counted_out=2),), (100, 110, 0, 0, ())),
        ((GateFlow(place="g", cards_in=9, cards_out=0),), (100, 110, 0, 0, ("g",))),
    ],
    ids=["no gates", "tailgating in", "out without a card", "a counter that misses people", "no counter"],
)
def test_the_bounds_by_cards_and_counters(flows: tuple[GateFlow, ...], expected: tuple[object, ...]) -> None:
    assert bounds(100, 10, flows) == Bounds(
        **dict(zip(Bounds.__struct_fields__, expected, strict=True))  # type: ignore[arg-type]
    )


def test_the_later_of_gate_and_reader_is_believed(play: Play) -> None:
    at, later = play.at("07:41"), play.at("08:05")
    assert place_of(LastSeen(state="in", gate="gate", passed_at=at, place="lab", seen_at=later)) == "lab"
    assert place_of(LastSeen(state="in", gate="gate", passed_at=later, place="lab", seen_at=at)) == "gate"
    assert (
        place_of(LastSeen(state="in", gate="gate", passed_at=at, place="dorm", direction="out", seen_at=later))
        == "gate"
    )


def test_students_count_where_a_card_was_shown_last(play: Play) -> None:
    with db.write(play.engine) as conn:
        conn.execute(readers.insert(), {"school": SCHOOL, "device": "gate-2", "scope": "room", "place": "a-101"})
    play.passes("07:41", "s-1")
    play.passes("07:42", "s-2")
    play.passes("07:55", "s-1", "gate-2")
    play.passes("12:00", "s-2", direction="out")
    with db.read(play.engine) as conn:
        found = {one.place: one.students for one in inside_by_place(conn, SCHOOL, START)}
    assert found == {"a-101": 1}


def test_taps_of_a_minute_are_one_person(play: Play, postgresql: sa.Engine) -> None:
    for clock in ("07:41:00", "07:41:10", "07:45"):
        play.passes(clock, "s-1")
    play.passes("12:00", "s-1", direction="out")
    gate = "place-of-gate-1"
    with db.read(play.engine) as conn:
        flows = card_flows(conn, SCHOOL, START, END, {gate: (5, 1)}, [gate, "nowhere"], ["gate-1"])
    with db.read(postgresql) as conn:
        assert card_flows(conn, SCHOOL, START, END, {}, [gate], ["gate-1"]) == [
            GateFlow(place=gate, cards_in=0, cards_out=0)
        ]
    assert flows == [
        GateFlow(place="nowhere", cards_in=0, cards_out=0),
        GateFlow(place=gate, cards_in=2, cards_out=1, counted_in=5, counted_out=1),
    ]


def test_rooms_add_up_to_their_building() -> None:
    places = [
        Place("b", "campus", "building", "实验楼", "Lab building", 0, ""),
        Place("b-1", "b", "floor", "一层", "Floor 1", 1, ""),
        Place("lab", "b-1", "room", "实验室", "Lab", 1, ""),
        Place("gate", "campus", "gate", "南门", "South gate", 0, ""),
        Place("loop", "loop", "room", "环", "Loop", 0, ""),
    ]
    rooms = (("lab", 3), ("b", 1), ("gate", 2), ("loop", 1))
    own = [PlaceCount(place=place, students=number) for place, number in rooms]
    assert by_building(own, places) == [
        BuildingCount(building="b", name_zh="实验楼", name_en="Lab building", students=4),
        BuildingCount(building="", name_zh="", name_en="", students=3),
    ]


def test_a_counter_that_starts_again_is_counted_on() -> None:
    def bucket(low: float, high: float) -> Bucket:
        return Bucket(0, 1, low, low, high)

    assert grown([]) == 0
    assert grown([bucket(10, 15), bucket(15, 20)]) == 10
    assert grown([bucket(10, 15), bucket(0, 4), bucket(4, 6)]) == 11
