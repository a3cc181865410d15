"""The worked cases of `worked_sessions.md`: every kind of session after arrival, played through the whole stage."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import msgspec
import pytest
import sqlalchemy as sa
from attendance_play import CARDS, SCHOOL, ZONE, Play
from test_worked_cases import Happening, leaves, outages, parts, passes, words

from attendance.queries import day_sessions
from attendance.register.chain import verify
from attendance.rollbook import RollBook
from attendance.sessions.queries import SessionLine, session_roll
from attendance.sessions.rules import SESSION_KINDS
from attendance.sheets import school as files
from attendance.sheets import sessions as session_files
from campus import db
from campus.envelope import Envelope, Source
from campus.events import GatePass, LabSeatTaken
from tests.conftest import unhurried

TABLE = Path(__file__).with_name("worked_sessions.md")
COLUMNS = ("case", "session", "passes", "inside", "leave", "outages", "corrections", "asked", "mark", "why")
INSIDE = re.compile(r"(?P<at>\S+) (?P<reader>seat|studio|canteen|dorm)(?: (?P<way>in|out))?(?: told (?P<told>\S+))?")
BOOK = RollBook(ZONE)
CLASS_OF = {"P3": "g-art"}  # every other session is one of c-1; `P3 c-1` is the lesson c-1 has meanwhile
SHEETS = {
    "readers.csv": "device,scope,place\nlab-1,seat,vr-lab\nreader-1,room,studio\nreader-2,room,canteen\n"
    "gate-9,dormitory,dorm-a\n",
    "boarders.csv": "student,place,bed\ns-1,dorm-a,101-2\n",
    "bells.csv": (
        "day_type,period,kind,name,name_en,start,end,closes\n"
        "school,AR,arrival,到校,Arrival,07:00,07:50,08:10\nschool,EX,exercise,出操,Exercise,07:50,08:10,\n"
        "school,P1,lesson,一,One,08:20,09:05,\nschool,P2,lesson,二,Two,09:15,10:00,\n"
        "school,P3,lesson,三,Three,10:10,10:55,\nschool,LU,lunch,午餐,Lunch,11:50,13:20,\n"
        "school,DI,dismissal,放学,Dismissal,16:50,17:40,\nschool,NI,night,查寝,Night check,22:00,22:30,\n"
    ),
    "timetable.csv": (
        "class,weekday,period,subject,teacher,room\n"
        "c-1,1,P1,数学,t-1,a-101\nc-1,1,P2,地理,t-2,vr-lab\ng-art,1,P3,美术,t-2,studio\nc-1,1,P3,自习,t-1,a-101\n"
    ),
    "sessions.csv": "kind,taken\n" + "".join(f"{kind},yes\n" for kind in SESSION_KINDS),
    "leave_kinds.csv": "kind,status\nsick,sick\nmatch,official\n",
}


@pytest.fixture
def whole_day(filled: sa.Engine, tmp_path: Path) -> Play:
    """The small school's Monday with every kind of session, planned at 06:50."""
    for name, text in SHEETS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with db.write(filled) as conn:
        session_files.import_readers(conn, SCHOOL, tmp_path / "readers.csv")
        session_files.import_boarders(conn, SCHOOL, tmp_path / "boarders.csv")
        files.import_bells(conn, SCHOOL, tmp_path / "bells.csv")
        files.import_timetable(conn, SCHOOL, tmp_path / "timetable.csv")
        session_files.import_sessions(conn, SCHOOL, tmp_path / "sessions.csv")
        session_files.import_leave_kinds(conn, SCHOOL, tmp_path / "leave_kinds.csv")
    made = Play(filled)
    made.tick(made.at("06:50"))
    return made


def cases() -> list[dict[str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [dict(zip(COLUMNS, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines][1:]


def inside(play: Play, cell: str) -> Iterator[Happening]:
    for one in parts(cell, INSIDE):
        at, card = play.at(one["at"]), CARDS["s-1"]
        device = {"seat": "lab-1", "studio": "reader-1", "canteen": "reader-2", "dorm": "gate-9"}[one["reader"]]
        body = LabSeatTaken(seat="7", credential=card) if one["reader"] == "seat" else GatePass(credential=card)
        if isinstance(body, GatePass) and one["way"]:
            body = msgspec.structs.replace(body, direction=one["way"])
        kind = "vr_lab" if one["reader"] == "seat" else "gate"
        told, off = play.at(one["told"]) if one["told"] else at, one["told"] is not None
        source = Source(SCHOOL, device, kind)
        envelope = Envelope(source=source, body=body, at=told, received=at, id=f"{device}-{at}", clock_suspect=off)
        yield at, partial(play.take, [envelope], at)


def line_of(play: Play, session: str, student: str = "s-1") -> SessionLine | None:
    """The student's line on the roll of the session; None when the student is not on it."""
    period, _, class_id = session.partition(" ")
    with db.read(play.engine) as conn:
        rolls = day_sessions(conn, SCHOOL, class_id or CLASS_OF.get(period, "c-1"), play.day)
        found = next(one for one in rolls if one.period == period)
        return next((line for line in session_roll(conn, found.id) if line.student == student), None)


def play_case(play: Play, case: dict[str, str]) -> None:
    happenings = [
        *passes(play, case["passes"]),
        *inside(play, case["inside"]),
        *leaves(play, case["leave"]),
        *outages(play, case["outages"]),
        *words(play, case["corrections"]),
    ]
    ticks = ("07:40", "07:58", "08:15", "08:35", "09:10", "09:30", "10:05", "10:25", "11:50", "12:50", "16:50", "17:40")
    play.run([*happenings, *((play.at(at), lambda: None) for at in (*ticks, "21:00", "22:15"))], play.at(case["asked"]))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_a_worked_session_gives_its_mark(whole_day: Play, case: dict[str, str]) -> None:
    play_case(whole_day, case)

    line = line_of(whole_day, case["session"])
    assert (("off", "") if line is None else (line.status or "-", line.why)) == (case["mark"], case["why"])


def test_the_tables_have_at_least_sixty_cases_and_no_two_of_one_name() -> None:
    names = [case["case"] for case in cases()]
    assert len(names) >= 60
    assert len(names) == len(set(names))


def test_a_room_expects_its_class_without_those_who_are_in_a_group_elsewhere(whole_day: Play) -> None:
    whole_day.run([], whole_day.at("08:05"))
    with db.read(whole_day.engine) as conn:
        expected = {
            room: BOOK.expected_in(conn, SCHOOL, room, whole_day.at(at))
            for room, at in (("a-101", "08:30"), ("studio", "10:30"))
        }
        rest = BOOK.expected_in(conn, SCHOOL, "a-101", whole_day.at("10:30"))
    assert {room: one.students for room, one in expected.items() if one} == {"a-101": 2, "studio": 1}
    assert rest is not None
    assert (rest.classes, rest.students) == (("c-1",), 1)


def test_a_leave_that_is_cut_short_excuses_no_more_what_it_excused_before(whole_day: Play) -> None:
    whole_day.leave("06:00", "12:00")
    whole_day.run([], whole_day.at("09:10"))
    line = line_of(whole_day, "P1")
    assert line is not None
    assert (line.status, line.why) == ("sick", "leave")

    whole_day.leave("06:00", "06:30")
    whole_day.tick(whole_day.at("09:11"))
    line = line_of(whole_day, "P1")
    assert line is not None
    assert (line.status, line.why) == ("absent", "no_pass")


def test_a_roll_is_taken_of_the_kinds_a_school_asks_for(play: Play) -> None:
    with db.read(play.engine) as conn:
        assert [one.kind for one in day_sessions(conn, SCHOOL, "c-1", play.day)] == ["arrival"]


def test_only_boarders_are_on_the_roll_of_the_night(whole_day: Play) -> None:
    with db.read(whole_day.engine) as conn:
        night = next(one for one in day_sessions(conn, SCHOOL, "c-1", whole_day.day) if one.kind == "night")
        assert [line.student for line in session_roll(conn, night.id)] == ["s-1"]
        assert not [one for one in day_sessions(conn, SCHOOL, "c-2", whole_day.day) if one.kind == "night"]


def test_the_register_of_a_whole_day_is_proved_by_its_chain(whole_day: Play) -> None:
    play_case(whole_day, next(case for case in cases() if case["case"] == "vouched only after the lesson"))

    with db.read(whole_day.engine) as conn:
        proof = verify(conn, SCHOOL)
    assert proof.breaks == ()
    assert proof.marks > 10
    assert proof.unchained == 0


def a_scattered_day(play: Play, seed: int) -> list[Envelope]:
    """Some passes and sightings of two students, all handed in only in the evening."""
    random = Random(seed)
    found = []
    for number in range(10):
        at = play.at("07:00") + timedelta(minutes=random.randrange(0, 900))
        device = random.choice(["gate-1", "gate-2", "gate-3", "lab-1", "reader-1", "gate-9"])
        card = CARDS[random.choice(["s-1", "s-2"])]
        body = LabSeatTaken(seat="7", credential=card) if device == "lab-1" else GatePass(credential=card)
        if isinstance(body, GatePass):
            body = msgspec.structs.replace(body, direction=random.choice(["in", "out", None]))
        kind = "vr_lab" if device == "lab-1" else "gate"
        source = Source(SCHOOL, device, kind)
        found.append(Envelope(source=source, body=body, at=at, received=at, id=f"e-{number}", late=True))
    return found


def whole_rolls(play: Play) -> list[tuple[object, ...]]:
    """Every line of every roll of the day."""
    with db.read(play.engine) as conn:
        days = [one for who in ("c-1", "c-2", "g-art") for one in day_sessions(conn, SCHOOL, who, play.day)]
        return [
            (one.period, line.student, line.status, line.why, dict(line.evidence))
            for one in days
            for line in session_roll(conn, one.id)
        ]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_in_which_a_day_is_handed_in_changes_no_roll(whole_day: Play, seed: int, tmp_path: Path) -> None:
    with whole_day.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "other.db"
    shutil.copy(str(whole_day.engine.url.database), copy)
    other = Play(unhurried(copy))
    rolls = []
    for play, order in ((whole_day, Random(seed)), (other, Random(seed + 100))):
        play.gate_falls_silent("gate-2", "07:30", "07:31:00")
        play.gate_returns("gate-2", "08:05")
        coming = a_scattered_day(play, seed)
        order.shuffle(coming)
        for place, one in enumerate(coming):
            now = play.at("20:00") + timedelta(minutes=place)
            play.take([msgspec.structs.replace(one, received=now)], now)
            play.tick(now + timedelta(seconds=20))
        for clock in ("22:20", "23:59"):
            play.tick(play.at(clock))
            play.tick(play.at(clock))
        rolls.append(whole_rolls(play))
    other.engine.dispose()

    assert rolls[0] == rolls[1]
    assert len(rolls[0]) > 15
