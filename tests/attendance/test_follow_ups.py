"""The school doctor's book: what the watch opens, who joins, what stays settled."""

from datetime import UTC, datetime, timedelta

import pytest
from attendance_play import SCHOOL, ZONE, Play

from attendance.leave import follow_ups, requests
from attendance.leave.follow_ups import Kept, News, news
from attendance.leave.illness import FollowUp
from attendance.leave.requests import Wish
from campus import db
from campus.errors import Conflict, NotFound

NOW = datetime(2026, 9, 7, 4, tzinfo=UTC)
FEVER = FollowUp("c-1", "similar_cases", "fever", ("s-1", "s-2", "s-4"))


def kept(*students: str, closed: timedelta | None = None, why: str = "similar_cases") -> Kept:
    closed_at = None if closed is None else NOW - closed
    return Kept(
        id="f-1", school=SCHOOL, class_id="c-1", why=why, symptom="fever", students=students,
        opened_at=NOW - timedelta(days=2), closed_at=closed_at, notes=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ([], News((FEVER,), ())),
        ([kept("s-1", "s-2", "s-4")], News((), ())),
        ([kept("s-1", "s-2", "s-9")], News((), ((kept("s-1", "s-2", "s-9"), ("s-1", "s-2", "s-4", "s-9")),))),
        ([kept("s-1", "s-2", "s-4", closed=timedelta(days=6))], News((), ())),
        ([kept("s-1", "s-2", "s-4", closed=timedelta(days=8))], News((FEVER,), ())),
        ([kept("s-1", "s-2", "s-9", closed=timedelta(days=1))], News((FEVER,), ())),
        ([kept("s-1", "s-2", "s-4", why="ill_for_days")], News((FEVER,), ())),
    ],
    ids=["new", "known", "joined", "settled lately", "settled long ago", "another student", "another reason"],
)
def test_one_outbreak_is_one_follow_up(old: list[Kept], expected: News) -> None:
    assert news([FEVER], old, NOW) == expected


DAY = timedelta(days=1)


def ill_for_three_days(play: Play) -> None:
    starts = play.at("00:00") - timedelta(days=1)
    wish = Wish(student="s-1", starts=starts, ends=play.at("23:59") + DAY, kind="sick", symptom="cough")
    with db.write(play.engine) as conn:
        asked = requests.ask(conn, SCHOOL, wish, "parent-1", play.at("06:55"))
        requests.approve(conn, asked.id, "t-1", play.at("06:56"), ZONE)


def test_the_turn_of_the_day_opens_a_follow_up_once(play: Play) -> None:
    ill_for_three_days(play)
    play.tick(play.at("00:10") + DAY)
    with db.write(play.engine) as conn:
        assert follow_ups.watch(conn, SCHOOL, play.at("08:00") + DAY, ZONE) == 0
        (one,) = follow_ups.kept_of(conn, SCHOOL, play.at("00:00"))
    assert (one.why, one.students, one.closed_at) == ("ill_for_days", ("s-1",), None)


def test_a_follow_up_is_noted_and_closed_once(play: Play) -> None:
    ill_for_three_days(play)
    with db.write(play.engine) as conn:
        follow_ups.watch(conn, SCHOOL, play.at("08:00") + DAY, ZONE)
        (one,) = follow_ups.kept_of(conn, SCHOOL, play.at("00:00"))
        with pytest.raises(Conflict, match="what was done"):
            follow_ups.note(conn, SCHOOL, one.id, " ", "doctor", play.at("09:00"), close=True)
        with pytest.raises(NotFound):
            follow_ups.note(conn, "school-9", one.id, "called", "doctor", play.at("09:00"), close=True)
        follow_ups.note(conn, SCHOOL, one.id, "called", "doctor", play.at("09:00"), close=False)
        done = follow_ups.note(conn, SCHOOL, one.id, "no fever", "doctor", play.at("10:00"), close=True)
        assert [note.words for note in done.notes] == ["called", "no fever"]
        with pytest.raises(Conflict, match="closed"):
            follow_ups.note(conn, SCHOOL, one.id, "again", "doctor", play.at("11:00"), close=False)
