"""Where boarders are: the later of the gate and the door of the dormitory is believed."""

from datetime import timedelta

import pytest
from attendance_play import SCHOOL, Play

from attendance.register.tables import sightings
from attendance.site.dormitories import Boarder, DormitoryCount, dormitories, whereabouts_of
from attendance.site.site import State
from attendance.tables import boarders
from campus import db


@pytest.mark.parametrize(
    ("site", "gate", "door", "door_at", "expected"),
    [
        ("unknown", None, None, None, "unknown"),
        ("out", 7, None, None, "off_site"),
        ("in", 7, None, None, "elsewhere"),
        ("in", 7, "in", 20, "inside"),
        ("in", 7, "out", 20, "elsewhere"),
        ("out", 18, "in", 17, "off_site"),
        ("unknown", None, "in", 20, "inside"),
    ],
)
def test_the_later_of_gate_and_door_is_believed(
    play: Play, site: State, gate: int | None, door: str | None, door_at: int | None, expected: str
) -> None:
    midnight = play.at("00:00")
    seen, passed = (None if hour is None else midnight + timedelta(hours=hour) for hour in (gate, door_at))
    assert whereabouts_of(Boarder(place="d", site=site, seen_at=seen, door=door, door_at=passed)) == expected


def test_the_boarders_of_each_dormitory_are_counted(play: Play) -> None:
    card = {"school": SCHOOL, "scope": "dormitory", "device": "dorm-1", "place": "north", "credential": "c"}
    said = {"student": "s-1", "late": False, "suspect": False}
    with db.write(play.engine) as conn:
        conn.execute(
            boarders.insert(),
            [{"school": SCHOOL, "student": who, "place": "north", "bed": "1"} for who in ("s-1", "s-2")],
        )
        for number, (clock, way) in enumerate((("06:30", "out"), ("20:00", "in"))):
            conn.execute(
                sightings.insert(), {**card, **said, "id": str(number), "at": play.at(clock), "direction": way}
            )
        (north,) = dormitories(conn, SCHOOL, play.at("00:00"))
    rest = {"elsewhere": 0, "off_site": north.off_site, "unknown": north.unknown}
    assert north == DormitoryCount(place="north", boarders=2, inside=1, **rest)
    assert north.off_site + north.unknown == 1
