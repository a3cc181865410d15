"""The load figures against counts made by hand, and what the tables say against what was done."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.life import actions
from alerts.review.load import Asked, Load, Taken, figures, rating
from alerts.review.load_queries import load
from alerts.tables import duty_shifts
from campus import db
from campus.errors import Conflict
from campus.events import SensorAlarm
from campus.ids import new_id
from tests.alerts.play import SCHOOL, ZONE, Play, at

START = at("08:00")
UTC8 = ZoneInfo("Asia/Shanghai")


def asked(*moments: datetime, rule: str = "smoke", about: str = "smoke-1") -> list[Asked]:
    return [Asked(alarm="a", rule=rule, about=about, severity="critical", at=one) for one in moments]


def of(found: list[Asked], hours: float = 1, guards: float = 1.0, taken: tuple[Taken, ...] = ()) -> Load:
    return figures(found, taken, (), {}, guards, START, START + timedelta(hours=hours), UTC8)


def minutes(*numbers: float) -> list[datetime]:
    return [START + timedelta(minutes=one) for one in numbers]


def test_alarms_are_shared_by_the_people_on_duty() -> None:
    one, two = of(asked(*minutes(*range(0, 60, 5)))), of(asked(*minutes(*range(0, 60, 5))), guards=2)
    assert (one.per_hour, one.per_ten_minutes, one.rating) == (12, 2, "manageable")
    assert (two.per_hour, two.per_ten_minutes, two.rating) == (6, 1, "acceptable")


def test_nobody_on_record_counts_as_one_person_and_is_said() -> None:
    found = of(asked(START), guards=0)
    assert (found.guards, found.guards_known) == (1.0, False)


@pytest.mark.parametrize(
    ("per_ten", "word"),
    [(0, "acceptable"), (1, "acceptable"), (1.5, "manageable"), (3, "demanding"), (6, "unacceptable")],
)
def test_the_rating_is_that_of_eemua_191(per_ten: float, word: str) -> None:
    assert rating(per_ten) == word


def test_more_than_ten_in_ten_minutes_are_a_flood_and_the_worst_stretch_is_named() -> None:
    found = of(asked(*minutes(1, 2), *minutes(*(20 + n / 2 for n in range(11)))))
    assert (found.flood_minutes, found.peak, found.peak_at) == (10, 11, START + timedelta(minutes=20))
    assert found.flood_share == pytest.approx(1 / 6)
    assert of(asked(*minutes(*(20 + n / 2 for n in range(10))))).flood_minutes == 0


def test_bad_actors_are_ranked_with_their_share() -> None:
    found = of(asked(*minutes(1, 9, 20), about="smoke-2") + asked(*minutes(3), about="smoke-1"))
    assert [(one.about, one.alarms, one.share) for one in found.bad_actors] == [
        ("smoke-2", 3, 0.75),
        ("smoke-1", 1, 0.25),
    ]
    assert found.bad_actors_share == 1.0


def test_three_times_in_a_minute_is_chattering_and_twice_is_not() -> None:
    found = of(asked(*minutes(1, 1.3, 1.9, 1.95, 30, 30.5, 30.9)) + asked(*minutes(5, 5.5), about="smoke-2"))
    assert [(one.about, one.minutes, one.worst) for one in found.chattering] == [("smoke-1", 2, 4)]


def test_alarms_are_counted_by_the_hour_of_the_school() -> None:
    found = of(asked(*minutes(1, 59)) + asked(START + timedelta(hours=1)), hours=2)
    assert (found.hours[8], found.hours[9], sum(found.hours)) == (2, 1, 3)


def test_response_times_are_told_by_post_and_shift() -> None:
    taken = tuple(Taken(post="gate", shift="07:00-15:00", seconds=float(n)) for n in (10, 20, 60))
    (found,) = of([], taken=taken).responses
    assert (found.alarms, found.median_s, found.p90_s) == (3, 20, 60)


def test_a_time_without_alarms_has_figures_too() -> None:
    found = of([])
    assert (found.per_hour, found.peak, found.peak_at, found.rating) == (0, 0, None, "acceptable")


def smoke(play: Play, number: int, active: bool = True) -> None:
    play.handle(play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=active)))


def read(play: Play) -> Load:
    with db.read(play.engine) as conn:
        return load(conn, SCHOOL, at("07:00"), play.clock.now(), ZONE)


def test_what_people_did_is_found_in_the_figures(play: Play) -> None:
    with db.write(play.engine) as conn:
        shift = {"id": new_id(), "school": SCHOOL, "account": "guard-1", "post": "gate-1"}
        conn.execute(duty_shifts.insert().values(**shift, starts=at("07:00"), ends=at("15:00")))
    play.clock.move_to(at("08:00"))
    smoke(play, 1)
    smoke(play, 1)  # told again while it is open: nobody is asked twice
    smoke(play, 2)
    play.clock.move_to(at("08:01"))
    with db.write(play.engine) as conn:
        actions.acknowledge(conn, play.the("smoke", "smoke-1").id, "guard-1", play.clock.now())
        actions.resolve(conn, play.the("smoke", "smoke-1").id, "false", "guard-1", play.clock.now())
        actions.shelve(conn, play.the("smoke", "smoke-2").id, at("08:30"), "welding", "guard-1", play.clock.now())
    assert read(play).standing == ()
    play.clock.move_to(at("08:30"))
    play.tick()
    play.clock.move_to(at("09:00"))
    found = read(play)
    assert (found.guards, found.guards_known) == (1.0, True)
    assert [(one.about, one.alarms) for one in found.bad_actors] == [("smoke-2", 2), ("smoke-1", 1)]
    assert [(one.about, one.stale) for one in found.standing] == [("smoke-2", False)]
    assert [(one.rule, one.judged, one.share) for one in found.nuisances] == [("smoke", 1, 1.0)]
    assert [(one.post, one.shift, one.median_s) for one in found.responses] == [("gate-1", "07:00-15:00", 60.0)]
    play.clock.move_to(at("09:00") + timedelta(days=1))
    assert read(play).stale == 1


def test_a_student_is_nobodys_bad_actor(play: Play) -> None:
    play.run("09:00 s-1 goes out at gate-1\n09:01 nothing happens")
    assert [one.about for one in read(play).bad_actors] == ["c-g7-1"]


def test_a_span_that_is_too_long_or_runs_backwards_is_refused(engine: sa.Engine) -> None:
    with db.read(engine) as conn:
        for since in (START + timedelta(hours=1), START - timedelta(days=100)):
            with pytest.raises(Conflict):
                load(conn, SCHOOL, since, START, ZONE)
