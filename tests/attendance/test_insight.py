"""What attendance shows a class teacher: counted days with their reasons, never a score."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attendance_play import DAY, SCHOOL, Play
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from attendance.policy import STATUSES
from attendance.reports.insight import DayMark, Sign, early_warnings, insight, insight_of_class
from campus import db
from cli.commands.attendance import attendance

LETTERS = {"p": "present", "l": "late", "a": "absent", "s": "sick", "u": "unknown", "v": "on_leave", "o": "official"}


def days(letters: str, first: date = DAY) -> list[DayMark]:
    """One mark a school day from a Monday on, five days a week; blanks between weeks are for the eye."""
    marks = letters.replace(" ", "")
    return [
        DayMark(first + timedelta(days=place // 5 * 7 + place % 5), LETTERS[letter])  # type: ignore[arg-type]
        for place, letter in enumerate(marks)
    ]


@pytest.mark.parametrize(
    ("letters", "signs"),
    [
        ("ppppp ppppp", []),
        ("ppppp ppppa", [Sign("chronic_absence", 1, 10)]),
        ("ppppp ppppp ppppp ppppa", []),
        ("pppa", []),
        ("ppppp ppppp ppppp ppppp ppppp ppaaa", [Sign("chronic_absence", 3, 30), Sign("absent_in_a_row", 3, 3)]),
        ("aas", [Sign("absent_in_a_row", 3, 3)]),
        ("asp", []),
        ("aua a", [Sign("absent_in_a_row", 3, 3)]),
        ("lpppp lpppp lpppp", [Sign("late_on_weekday", 3, 3, 1)]),
        ("lpppp lpppp ppppp", []),
        ("lpppp plppp pplpp", [Sign("late_often", 3, 15)]),
        ("ppppp ppppo", []),
        ("ppppp uuuuu", []),
    ],
)
def test_signs_are_counted_days(letters: str, signs: list[Sign]) -> None:
    assert list(insight("s-1", days(letters)).signs) == signs


def test_a_change_is_against_the_students_own_past() -> None:
    now = days("ppppp ppppp ppppp ppppp ppppp ppppp pppaa appppp")
    well, often = days("ppppp ppppp ppppp"), days("appap ppppa apppp")

    assert Sign("more_than_before", 3, len(now)) in insight("s-1", now, well).signs
    assert "more_than_before" not in {sign.kind for sign in insight("s-1", now, often).signs}


@given(st.lists(st.sampled_from(STATUSES), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_days_does_not_matter(statuses: list[str], random: object) -> None:
    marks = [DayMark(DAY + timedelta(days=place), status) for place, status in enumerate(statuses)]  # type: ignore[arg-type]
    mixed = list(marks)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    found = insight("s-1", marks)
    assert found == insight("s-1", mixed)
    assert found.days == sum(found.by_status.values())
    assert all(sign.count <= sign.of for sign in found.signs)


def test_the_list_of_early_warnings_leaves_out_who_shows_nothing() -> None:
    found = [insight("s-1", days("ppppp ppppp")), insight("s-2", days("aaa")), insight("s-3", days("ppppp ppppa"))]

    assert [one.student for one in early_warnings(found)] == ["s-2", "s-3"]


def test_the_insight_of_a_class_is_read_from_its_rolls(play: Play) -> None:
    play.passes("07:41")
    for clock in ("07:00", "08:10"):
        play.tick(play.at(clock))
    with db.read(play.engine) as conn:
        found = insight_of_class(conn, SCHOOL, "c-1", DAY, DAY + timedelta(days=4))
        assert insight_of_class(conn, SCHOOL, "c-1", DAY + timedelta(days=30), DAY + timedelta(days=34)) == []
    assert {one.student: one.by_status for one in found} == {"s-1": {"present": 1}, "s-2": {"absent": 1}}


def test_the_command_lists_who_shows_a_sign_by_id(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(3):
        later = Play(play.engine, DAY + timedelta(days=day))
        later.passes("07:41", id_=f"p-{day}")
        for clock in ("06:50", "07:00", "08:10", "08:40"):
            later.tick(later.at(clock))
    monkeypatch.setenv("CAMPUS_DATABASE__URL", str(play.engine.url))

    told = CliRunner().invoke(attendance, ["warnings", "c-1", "--from", "2026-09-07", "--to", "2026-09-11"])
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[0] == "s-2: absent_in_a_row (3 of 3 days)"
    assert "小红" not in told.output
