"""What looking for silent gates costs a city: `python -m benchmarks.gate_rush [--schools 2000] [--gates 4]`.

Every school has bells, gates that are online and five mornings of passes; one gate of every fiftieth school lets nobody
pass. All schools are asked once before the day, once in the rush and once after it, as the rule does every minute.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from attendance import tables
from attendance.register.tables import passes
from campus import db
from cli.joins.gate_rush import silent_gates
from devices.presence import states
from devices.tables import device_states, devices

ZONE = ZoneInfo("Asia/Shanghai")
WITHIN = timedelta(minutes=10)
DAYS = (31, 1, 2, 3, 4, 7)  # of August and September 2026; the last is the running Monday
EVERY_DEAD = 50


def at(day: int, hour: int, minute: int) -> datetime:
    """A moment of a school's own clock."""
    return datetime(2026, 8 if day == 31 else 9, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def fill(engine: sa.Engine, schools: list[str], gates: int) -> None:
    """The city, with a pass a minute at each gate that works from 7:10 to 7:40."""
    bell = {"period": "AR", "kind": "arrival", "name": "AR", "name_en": "AR", "starts": 420, "ends": 480}
    ids = [f"gate-{n}" for n in range(gates)]
    with db.write(engine) as conn:
        conn.execute(tables.schools.insert(), [{"id": one, "name": one} for one in schools])
        conn.execute(tables.bells.insert(), [{"school": one, "day_type": "school", **bell} for one in schools])
        things = [
            {"school": one, "id": gate, "kind": "gate", "name": gate, "name_en": gate, "model": "", "covers": ""}
            for one in schools
            for gate in ids
        ]
        conn.execute(devices.insert(), things)
        conn.execute(device_states.insert(), [states.create(one["school"], one["id"]) for one in things])
        conn.execute(device_states.update().values(state="online"))
    for number, school in enumerate(schools):
        with db.write(engine) as conn:
            conn.execute(passes.insert(), _passes(school, ids, number % EVERY_DEAD == 0))


def _passes(school: str, gates: list[str], dead: bool) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for day in DAYS:
        for gate in gates[1:] if dead and day == DAYS[-1] else gates:
            for minute in range(10, 40):
                moment = at(day, 7, minute)
                row = {"school": school, "id": f"{gate} {moment.isoformat()}", "gate": gate, "lane": "1"}
                times = {"at": moment, "told_at": moment, "received_at": moment}
                found.append({**row, **times, "credential": "0" * 32, "late": False, "suspect": False})
    return found


def main() -> None:
    """Print the rows of `docs/measurements-devices.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--gates", type=int, default=4)
    options = parser.parse_args()
    schools = [f"s{n:05}" for n in range(options.schools)]
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder)}/campus.db")
        db.migrate(engine)
        fill(engine, schools, options.gates)
        for what, moment in (("before", at(7, 6, 30)), ("in the rush", at(7, 7, 30)), ("after", at(7, 9, 0))):
            began = time.perf_counter()
            with db.read(engine) as conn:
                found = silent_gates(conn, schools, moment, WITHIN, ZONE)
            print(f"{what}: {time.perf_counter() - began:.2f} s, {sum(map(len, found.values()))} gates told")
        engine.dispose()


if __name__ == "__main__":
    main()
