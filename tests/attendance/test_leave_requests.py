"""Leave asked for, approved, repeated, taken back and returned from; and what illness asks of the school doctor."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from attendance_play import DAY, SCHOOL, ZONE, Play

from attendance.leave import requests
from attendance.leave.illness import Case, FollowUp, cases_on, follow_ups
from attendance.leave.requests import Request, Wish
from attendance.tables import leaves
from campus import db
from campus.errors import Conflict, NotFound


def ask(play: Play, starts: str = "00:00", ends: str = "23:59", student: str = "s-1", **more: object) -> Request:
    wish = Wish(student=student, starts=play.at(starts), ends=play.at(ends), **{"kind": "sick", **more})  # type: ignore[arg-type]
    with db.write(play.engine) as conn:
        return requests.ask(conn, SCHOOL, wish, "parent-1", play.at("06:55"))


def approve(play: Play, asked: Request, at: str = "07:05", by: str = "t-1") -> Request:
    with db.write(play.engine) as conn:
        return requests.approve(conn, asked.id, by, play.at(at), ZONE)


def at_the_close(play: Play) -> str | None:
    for clock in ("07:10", "08:10", "08:11"):
        play.tick(play.at(clock))
    return play.line().status


def test_leave_that_is_only_asked_for_excuses_nobody(play: Play) -> None:
    ask(play)

    assert at_the_close(play) == "absent"


def test_approved_leave_excuses(play: Play) -> None:
    done = approve(play, ask(play))

    assert (done.state, done.decided_by) == ("approved", "t-1")
    assert at_the_close(play) == "on_leave"


def test_refused_leave_excuses_nobody_and_says_why(play: Play) -> None:
    asked = ask(play)
    with db.write(play.engine) as conn:
        with pytest.raises(Conflict, match="words"):
            requests.refuse(conn, asked.id, "t-1", play.at("07:05"), " ")
        assert requests.refuse(conn, asked.id, "t-1", play.at("07:05"), "考试").words == "考试"
    assert at_the_close(play) == "absent"


def test_a_request_is_decided_once_and_not_by_who_asked(play: Play) -> None:
    asked = ask(play)
    with pytest.raises(Conflict, match="own"):
        approve(play, asked, by="parent-1")
    approve(play, asked)
    with pytest.raises(Conflict, match="approved already"):
        approve(play, asked)


def test_the_same_request_asked_twice_is_one(play: Play) -> None:
    assert ask(play) == ask(play)
    with db.read(play.engine) as conn:
        assert len(requests.requests_of_class(conn, SCHOOL, "c-1", "asked")) == 1
        assert requests.requests_of_class(conn, SCHOOL, "c-2") == []


def test_withdrawn_leave_excuses_no_more(play: Play) -> None:
    asked = approve(play, ask(play, "07:30"))
    with db.write(play.engine) as conn:
        requests.withdraw(conn, asked.id, "parent-1", play.at("07:20"), ZONE)
    assert at_the_close(play) == "absent"


def test_who_returns_early_is_on_leave_no_longer(play: Play) -> None:
    asked = approve(play, ask(play))
    with db.write(play.engine) as conn:
        requests.returned(conn, asked.id, "t-1", play.at("10:00"), ZONE, "退烧")
        assert list(conn.execute(sa.select(leaves.c.ends)).scalars()) == [play.at("10:00")]
        with pytest.raises(Conflict):
            requests.returned(conn, asked.id, "t-1", play.at("11:00"), ZONE)


def test_repeated_leave_is_for_its_weekdays_at_its_times(play: Play) -> None:
    wish = Wish(
        student="s-1",
        starts=play.at("15:00"),
        ends=play.at("16:00") + timedelta(days=14),
        kind="therapy",
        weekdays=(1, 4),
    )
    with db.write(play.engine) as conn:
        asked = requests.ask(conn, SCHOOL, wish, "parent-1", play.at("06:55"))
        requests.approve(conn, asked.id, "t-1", play.at("07:00"), ZONE)
        rows = conn.execute(sa.select(leaves.c.starts, leaves.c.ends).order_by(leaves.c.starts)).all()
    assert [(row.starts - play.at("15:00")).days for row in rows] == [0, 3, 7, 10, 14]
    assert {row.ends - row.starts for row in rows} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    "wrong",
    [{"ends": "00:00"}, {"kind": ""}, {"symptom": "influenza"}, {"weekdays": (8,)}, {"note": "x" * 301}],
    ids=["no time", "no kind", "a diagnosis", "no weekday", "a long note"],
)
def test_a_request_that_makes_no_sense_is_refused(play: Play, wrong: dict[str, object]) -> None:
    with pytest.raises(Conflict):
        ask(play, **wrong)  # type: ignore[arg-type]


def test_nobody_asks_for_a_student_who_is_not_there(play: Play) -> None:
    with pytest.raises(NotFound):
        ask(play, student="s-9")


def test_three_similar_cases_in_a_class_open_a_follow_up() -> None:
    ill = [Case(who, "c-1", "fever", DAY, DAY) for who in ("s-1", "s-2", "s-4")]
    others = [Case("s-5", "c-1", "cough", DAY, DAY), Case("s-3", "c-2", "fever", DAY, DAY)]

    assert follow_ups([*ill, *others], DAY) == [FollowUp("c-1", "similar_cases", "fever", ("s-1", "s-2", "s-4"))]
    assert follow_ups(ill[:2], DAY) == []
    assert follow_ups(ill, DAY + timedelta(days=1)) == []


@pytest.mark.parametrize(("days", "opened"), [(2, False), (3, True)])
def test_three_days_of_illness_open_a_follow_up(days: int, opened: bool) -> None:
    case = Case("s-1", "c-1", "stomach", DAY, DAY + timedelta(days=9))

    found = follow_ups([case], DAY + timedelta(days=days - 1))
    assert found == ([FollowUp("c-1", "ill_for_days", "stomach", ("s-1",))] if opened else [])


def test_leave_day_by_day_is_one_illness_and_only_approved_leave_counts(play: Play) -> None:
    for day in range(3):
        shift = timedelta(days=day)
        wish = Wish(
            student="s-1",
            starts=play.at("00:00") + shift,
            ends=play.at("23:59") + shift,
            kind="sick",
            symptom="fever",
        )
        with db.write(play.engine) as conn:
            asked = requests.ask(conn, SCHOOL, wish, "parent-1", play.at("06:55"))
            requests.approve(conn, asked.id, "t-1", play.at("07:00"), ZONE)
    ask(play, student="s-2", symptom="fever")

    third = date(2026, 9, 9)
    with db.read(play.engine) as conn:
        assert cases_on(conn, SCHOOL, third, ZONE) == [Case("s-1", "c-1", "fever", DAY, third)]
