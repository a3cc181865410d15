"""A city's batch: one transaction asks for all its schools at once, and ends as if each school had come alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from attendance import tables
from attendance.register import chain
from attendance.register import tables as register_tables
from attendance.sessions import due
from attendance.stage import AttendanceStage
from campus import db
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.keylists import ask, asked, matching
from tests.conftest import unhurried

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
PUPILS = 4


class EveryGateWorks:
    def outages_of(self, *_asked: object) -> dict[str, Sequence[object]]:
        return {}


def at(clock: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(clock), ZONE).astimezone(UTC)


def fill(engine: sa.Engine, schools: int) -> None:
    """Schools of two classes with two students each; the ids are the same in every school, the cards are not."""
    with db.write(engine) as conn:
        for school in (f"school-{number}" for number in range(schools)):
            conn.execute(tables.schools.insert(), {"id": school, "name": school})
            for one in range(PUPILS):
                home = {"school": school, "id": f"c-{one % 2}", "title": f"{one}", "grade": "7"}
                if one < 2:
                    conn.execute(tables.classes.insert(), {**home, "kind": "homeroom", "active": True})
                student = {"school": school, "id": f"s-{one}", "name": f"{one}", "grade": "7", "class_id": home["id"]}
                conn.execute(tables.students.insert(), {**student, "active": True})
                card = {"school": school, "credential": f"{school}-{one}", "student": f"s-{one}"}
                conn.execute(tables.credentials.insert(), card)
            bell = {"school": school, "day_type": "school", "name": "", "name_en": ""}
            conn.execute(tables.bells.insert(), {**bell, "period": "AR", "kind": "arrival", "starts": 420, "ends": 470})


def passes(schools: int, clock: str = "07:30") -> list[Envelope]:
    """Every student but the last of each school comes in, school after school within each student."""
    return [
        Envelope(
            source=Source(f"school-{school}", "gate-1", "gate", "main-gate"),
            body=GatePass(credential=f"school-{school}-{one}", direction=None if one == 0 else "in"),
            at=at(clock) + timedelta(seconds=one),
            received=at(clock) + timedelta(seconds=one),
            id=f"pass-{one}",  # ids repeat from school to school
        )
        for one in range(PUPILS - 1)
        for school in range(schools)
    ]


def play(engine: sa.Engine, batches: Sequence[Sequence[Envelope]]) -> int:
    """A morning of these batches; returns the statements that the last of them took."""
    stage = AttendanceStage(EveryGateWorks(), ZONE)  # type: ignore[arg-type]
    count = [0]

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _count(*_: object) -> None:
        count[0] += 1

    _settle(engine, stage, at("07:00"))
    for batch in batches:
        count[0] = 0
        with db.write(engine) as conn:
            stage.handle(conn, batch, batch[-1].at)
    taken = count[0]
    _settle(engine, stage, at("07:50"))
    return taken


def _settle(engine: sa.Engine, stage: AttendanceStage, now: datetime) -> None:
    for _ in range(20):
        with db.write(engine) as conn:
            stage.tick(conn, now)


def ending(engine: sa.Engine) -> list[tuple[object, ...]]:
    """The roll and who is on site, school by school, and that every chain holds."""
    roll, site = register_tables.roll.c, register_tables.site_states.c
    with db.read(engine) as conn:
        marks = conn.execute(
            sa.select(roll.school, roll.session, roll.student, roll.status).order_by(*register_tables.roll.c[:3])
        )
        where = conn.execute(
            sa.select(site.school, site.student, site.state, site.at).order_by(site.school, site.student)
        )
        found = [*map(tuple, marks), *map(tuple, where)]
        for school in conn.execute(sa.select(tables.schools.c.id)).scalars():
            assert chain.verify(conn, school).breaks == ()
    return found


@pytest.fixture
def another(tmp_path: Path, migrated_template: Path) -> Iterator[sa.Engine]:
    path = tmp_path / "another.db"
    path.write_bytes(migrated_template.read_bytes())
    made = unhurried(path)
    yield made
    made.dispose()


def test_a_batch_of_many_schools_takes_no_more_statements_than_one_of_a_single_school(
    engine: sa.Engine, another: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "PLANNED_AT_ONCE", 3)  # the planning is spread, too
    for one in (engine, another):
        fill(one, 12)
    everybody = passes(12)
    assert play(engine, [everybody]) == play(another, [[one for one in everybody if one.school == "school-0"]])
    assert len([one for one in ending(engine) if one[-1] == "present"]) == 12 * 3


def test_schools_together_end_as_schools_one_after_the_other(engine: sa.Engine, another: sa.Engine) -> None:
    for one in (engine, another):
        fill(one, 3)
    everybody = passes(3)
    play(engine, [everybody])
    play(another, [[one for one in everybody if one.school == f"school-{number}"] for number in range(3)])
    together = ending(engine)
    assert together == ending(another)
    assert len([one for one in together if one[-1] == "present"]) == 9
    assert len([one for one in together if one[-1] == "absent"]) == 3


def test_the_same_morning_on_postgresql(engine: sa.Engine, postgresql: sa.Engine) -> None:
    for one in (engine, postgresql):
        fill(one, 3)
        play(one, [passes(3), passes(3)])  # the second time nothing is new
    assert ending(engine) == ending(postgresql)


def test_a_bell_of_more_sessions_than_a_transaction_holds_says_that_it_is_behind(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "AT_ONCE", 3)
    monkeypatch.setattr("attendance.stage.AT_ONCE", 3)
    fill(engine, 2)
    stage = AttendanceStage(EveryGateWorks(), ZONE)  # type: ignore[arg-type]
    behind = []
    for _ in range(3):
        with db.write(engine) as conn:
            stage.tick(conn, at("07:00"))
        behind.append(stage.behind())
    assert behind == [True, False, False]


def test_keys_may_be_text_numbers_and_moments_in_any_number(engine: sa.Engine, postgresql: sa.Engine) -> None:
    table = register_tables.passes
    columns = (table.c.school, table.c.told_at, table.c.serial)

    def question(dialect: str) -> sa.Select[tuple[object, ...]]:
        keys = asked(dialect, *columns)
        return sa.select(table.c.id).join_from(keys, table, matching(keys, *columns)).order_by(table.c.id)

    stored = passes(2)
    for one in (engine, postgresql):
        with db.write(one) as conn:
            for number, envelope in enumerate(stored):
                moment = {"at": envelope.at, "told_at": envelope.at, "received_at": envelope.at}
                who = {"school": envelope.school, "id": f"{number}", "gate": "g", "lane": "", "credential": "“x’"}
                conn.execute(table.insert(), {**who, **moment, "serial": number, "late": False, "suspect": False})
            rows = [(one.school, one.at, number) for number, one in enumerate(stored)]
            assert [row.id for row in ask(conn, question, [*rows, *rows, ("“nobody’", stored[0].at, 2)])] == list(
                "012345"
            )
            assert ask(conn, question, []) == []
