"""The register of a moment of the past, and replays of rules that join the roll, over real tables."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.rules.rulefile import load_rules
from attendance import tables
from attendance.register import tables as register_tables
from campus import db
from campus.clock import VirtualClock, to_ms
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point
from campus.settings import Database, Series, Settings
from cli.commands.rules_replay import replay_rules
from cli.joins.register import SchoolRegister
from cli.joins.register_then import RegisterThen, cards_read
from devices.tables import devices

ZONE = ZoneInfo("Asia/Shanghai")
THEN, NOW = RegisterThen(ZONE), SchoolRegister(ZONE)
RULES = """
library: none
rules:
  - {id: lost, kind: absent_inside, title: {zh: 缺, en: Lost}, severity: warning, runbook: {zh: 找, en: Look}, why: W}
  - id: followed
    kind: tailgating
    title: {zh: 尾随, en: Followed}
    severity: warning
    runbook: {zh: 看, en: Look}
    why: W
    metric: line.gate.in
"""


def at(hour: int, minute: int = 0, day: int = 7) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def lesson(**changed: object) -> dict[str, object]:
    return {
        "id": "x-1", "school": "s", "class_id": "c", "day": date(2026, 9, 7), "period": "L1", "kind": "lesson",
        "opens_at": at(9), "late_at": at(9, 5), "closes_at": at(9, 15), "until_at": at(10), "watched_from": at(7),
        "state": "closed", "due_at": None,
    } | changed  # fmt: skip


def mark(student: str, number: int, status: str, when: datetime, by: str = "machine", session: str = "x-1") -> dict:
    known = {"session": session, "student": student, "number": number, "school": "s", "status": status}
    return known | {"why": "w", "evidence": {}, "by": by, "reason": "", "at": when}


def card(number: int, student: str | None, direction: str, when: datetime, told: datetime | None = None) -> dict:
    return {
        "school": "s", "id": f"p-{number}", "gate": "gate-1", "place": "gate", "lane": "1", "at": when,
        "told_at": when, "received_at": told or when, "credential": f"{number:032x}", "student": student,
        "stated": direction, "direction": direction, "serial": number, "late": told is not None, "suspect": False,
    }  # fmt: skip


@pytest.fixture
def school(engine: sa.Engine) -> sa.Engine:
    """s-1 in at 07:40 and absent at 09:15, found at 09:40; s-2 present by a word and gone at 08:50; a boarder s-3."""
    night = lesson(
        id="x-2", period="N", kind="night", opens_at=at(21), late_at=at(22), closes_at=at(22, 15),
        until_at=at(0, day=8),
    )  # fmt: skip
    with db.write(engine) as conn:
        conn.execute(tables.schools.insert().values(id="s", name="S"))
        for period, kind, start, end in (("AR", "arrival", 420, 480), ("D", "dismissal", 990, 1020)):
            row = {"period": period, "kind": kind, "name": period, "name_en": period, "starts": start, "ends": end}
            conn.execute(tables.bells.insert().values(school="s", day_type="school", **row))
        for student in ("s-1", "s-2", "s-3"):
            row = {"school": "s", "id": student, "name": "N", "grade": "7", "class_id": "c", "active": True}
            conn.execute(tables.students.insert().values(row))
        conn.execute(register_tables.sessions.insert(), [lesson(), night])
        given = [
            mark("s-1", 1, "absent", at(9, 15)), mark("s-1", 2, "present", at(9, 40), by="teacher"),
            mark("s-2", 1, "present", at(9, 10), by="teacher"),
            mark("s-3", 1, "absent", at(22, 15), session="x-2"),
        ]  # fmt: skip
        conn.execute(register_tables.marks.insert(), given)
        for one, number in (("s-1", 2), ("s-2", 1)):
            held = {"session": "x-1", "student": one, "number": number, "school": "s", "status": "present"}
            conn.execute(register_tables.roll.insert().values(**held, held=True))
        asleep = {"session": "x-2", "student": "s-3", "number": 1, "school": "s", "status": "absent", "held": False}
        conn.execute(register_tables.roll.insert().values(asleep))
        walked = [
            card(1, "s-1", "in", at(7, 40)), card(2, "s-2", "in", at(7, 41)), card(3, "s-2", "out", at(8, 50)),
            card(4, None, "in", at(9, 1)), card(5, "s-3", "in", at(23, 30)),
        ]  # fmt: skip
        conn.execute(register_tables.passes.insert(), walked)
        like = {"school": "s", "name": "N", "name_en": "N", "place": "gate", "model": "", "covers": ""}
        conn.execute(
            devices.insert(), [like | {"id": "gate-1", "kind": "gate"}, like | {"id": "cam-1", "kind": "camera"}]
        )
    return engine


def test_what_the_roll_said_at_a_moment_is_told_and_not_what_it_says_now(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert THEN.absent_inside(conn, "s", at(9, 14)) == []
        assert THEN.absent_inside(conn, "s", at(9, 30)) == [("s-1", "c")]
        assert THEN.absent_inside(conn, "s", at(9, 45)) == []
        assert THEN.present_outside(conn, "s", at(9, 30)) == [("s-2", "c")]
        assert THEN.present_outside(conn, "s", at(9, 5)) == []


def test_a_roll_is_missing_until_its_first_mark(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert THEN.roll_missing(conn, "s", at(9, 6), timedelta(minutes=1)) == ["c"]
        assert THEN.roll_missing(conn, "s", at(9, 12), timedelta(minutes=1)) == []


def test_who_was_inside_long_after_dismissal_is_counted_by_the_passes_of_the_day(school: sa.Engine) -> None:
    with db.read(school) as conn:
        assert THEN.not_checked_out(conn, "s", at(17), timedelta(hours=1)) == {}
        assert THEN.not_checked_out(conn, "s", at(18), timedelta(hours=1)) == {"c": 1}
        assert THEN.not_checked_out(conn, "s", at(18, day=8), timedelta(hours=1)) == {}


def test_a_boarder_is_missing_from_the_check_until_the_gate_sees_the_student_come_in(school: sa.Engine) -> None:
    late = timedelta(minutes=15)
    with db.read(school) as conn:
        assert THEN.boarders_missing(conn, "s", at(22, 14), late) == []
        assert THEN.boarders_missing(conn, "s", at(22, 40), late) == [("s-3", "c")]
        assert THEN.boarders_missing(conn, "s", at(23, 40), late) == []


def test_the_register_of_now_asks_the_roll_and_the_site(school: sa.Engine) -> None:
    late = timedelta(minutes=15)
    with db.write(school) as conn:
        assert NOW.boarders_missing(conn, "s", at(22, 40), late) == [("s-3", "c")]
        assert NOW.boarders_missing(conn, "s", at(5, day=8), late) == [("s-3", "c")]
        assert NOW.boarders_missing(conn, "s", at(7, day=8), late) == []
        site = {"school": "s", "student": "s-3", "class_id": "c", "why": "pass"}
        conn.execute(register_tables.site_states.insert().values(**site, state="in", at=at(7, 40)))
        assert NOW.boarders_missing(conn, "s", at(22, 40), late) == [("s-3", "c")]
        conn.execute(register_tables.site_states.update().values(at=at(23, 30)))
        assert NOW.boarders_missing(conn, "s", at(23, 40), late) == []


def test_cards_are_told_again_without_whose_they_were(school: sa.Engine) -> None:
    with db.read(school) as conn:
        told = list(cards_read(conn, ["s"], at(8), at(10)))
    assert [(one.id, one.source.place, one.at) for one in told] == [
        ("p-3", "gate", at(8, 50)),
        ("p-4", "gate", at(9, 1)),
    ]
    assert {getattr(one.body, "credential", "") for one in told} == {"0" * 32}


def test_a_replay_rolls_the_roll_and_counts_the_cards(school: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    store = SqliteSeries(tmp_path / "series.db")
    for minute, count in ((0, 100), (1, 106), (2, 106), (40, 106)):
        store.write([Point("s", "cam-1", "line.gate.in", to_ms(at(9, minute)), float(count))])
    store.close()
    settings = Settings(
        database=Database(url=school.url.render_as_string()), series=Series(path=tmp_path / "series.db")
    )
    rules = load_rules(tmp_path / "rules.yaml")
    report = replay_rules(settings, VirtualClock(at(12)), rules, timedelta(hours=4), guards=1)
    # Six walked in and one card was read, by somebody who is no student; s-1 was nowhere for 25 minutes.
    found = [(one.rule, one.subject, one.returned_at is not None) for one in report.new]
    assert sorted(found) == [("followed", "gate", True), ("lost", "s-1", True)]
