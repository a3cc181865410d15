"""A gate that is online and lets nobody pass while students arrive: held against its own past and the other gates."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from attendance import tables
from attendance.register import tables as register
from campus import db
from cli.joins.gate_rush import silent_gates
from devices.ledger.files import import_devices
from devices.tables import device_states, devices

ZONE = ZoneInfo("Asia/Shanghai")
WITHIN = timedelta(minutes=10)
HEAD = "id,kind,name,name_en,place,parent,model,covers,x,y\n"


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def conn(engine: sa.Engine, tmp_path: Path) -> Iterator[sa.Connection]:
    """Two gates of the site and a reader inside it; on four mornings somebody passes each gate every minute."""
    file = tmp_path / "devices.csv"
    file.write_text(HEAD + "".join(f"{gate},gate,G,G,,,,,,\n" for gate in ("gate-1", "gate-2", "door-1")))
    with db.write(engine) as conn:
        import_devices(conn, "s", file, at(1, 6, 0))
        conn.execute(device_states.update().values(state="online"))
        conn.execute(tables.schools.insert().values(id="s", name="S"))
        conn.execute(tables.readers.insert().values(school="s", device="door-1", scope="dormitory"))
        bell = {"period": "AR", "kind": "arrival", "name": "AR", "name_en": "AR", "starts": 420, "ends": 480}
        conn.execute(tables.bells.insert().values(school="s", day_type="school", **bell))
        for day in (1, 2, 3, 4):
            for minute in range(1, 50):
                for gate in ("gate-1", "gate-2"):
                    passed(conn, gate, at(day, 7, minute))
        yield conn


def passed(conn: sa.Connection, gate: str, moment: datetime) -> None:
    row = {"school": "s", "id": f"{gate} {moment.isoformat()}", "gate": gate, "lane": "1", "credential": "0" * 32}
    times = {"at": moment, "told_at": moment, "received_at": moment}
    conn.execute(register.passes.insert().values(**row, **times, late=False, suspect=False))


def rush(conn: sa.Connection, *gates: str) -> None:
    """On Monday the 7th students pass these gates."""
    for minute in range(1, 40):
        for gate in gates:
            passed(conn, gate, at(7, 7, minute))


def silent(conn: sa.Connection, moment: datetime) -> list[tuple[str, str | None, float]]:
    return silent_gates(conn, ["s"], moment, WITHIN, ZONE).get("s", [])


def test_the_gate_without_a_pass_is_found_while_its_neighbour_is_busy(conn: sa.Connection) -> None:
    rush(conn, "gate-2")
    ((gate, _, expected),) = silent(conn, at(7, 7, 30))
    assert gate == "gate-1"
    assert expected == 10


def test_on_a_day_on_which_nobody_comes_no_gate_is_blamed(conn: sa.Connection) -> None:
    assert silent(conn, at(7, 7, 30)) == []


def test_a_gate_that_works_or_is_offline_is_not_meant(conn: sa.Connection) -> None:
    rush(conn, "gate-1", "gate-2")
    assert silent(conn, at(7, 7, 30)) == []
    conn.execute(register.passes.delete().where(register.passes.c.gate == "gate-1", register.passes.c.at > at(7, 0, 0)))
    conn.execute(device_states.update().where(device_states.c.device == "gate-1").values(state="offline"))
    assert silent(conn, at(7, 7, 30)) == []


@pytest.mark.parametrize(("hour", "minute"), [(6, 30), (7, 5), (8, 30)])
def test_only_while_students_arrive_anything_is_expected(conn: sa.Connection, hour: int, minute: int) -> None:
    rush(conn, "gate-2")
    assert silent(conn, at(7, hour, minute)) == []


def test_a_gate_without_a_past_is_not_judged(conn: sa.Connection) -> None:
    conn.execute(register.passes.delete())
    rush(conn, "gate-2")
    assert silent(conn, at(7, 7, 30)) == []


def test_many_schools_are_asked_at_once_and_each_is_held_against_its_own_past(conn: sa.Connection) -> None:
    for table in (tables.schools, tables.bells, devices, device_states, register.passes):
        rows = [dict(row) for row in conn.execute(sa.select(table)).mappings()]
        other = [row | ({"id": "t"} if table is tables.schools else {"school": "t"}) for row in rows]
        conn.execute(table.insert(), other)
    rush(conn, "gate-2")
    found = silent_gates(conn, ["s", "t", "u"], at(7, 7, 30), WITHIN, ZONE)
    # Nobody came to the other school at all: no gate of it is blamed.
    assert {school: [gate for gate, _, _ in gates] for school, gates in found.items()} == {"s": ["gate-1"]}
