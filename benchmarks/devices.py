"""What presence costs at city size: 100,000 devices with a heartbeat each 30 s, then 1,000 that go silent at once.

    python -m benchmarks.devices [--devices 100000] [--seconds 60]

The device stage runs over a real SQLite file as ingest runs it: batches of 2,000 status messages in one transaction
each, and a tick once a second of a virtual clock. Then a switch with 1,000 children behind it dies, and 1,000 devices
without a common parent do. The broker and the decoding are not in it: `benchmarks.ingest` measures those.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock, to_ms
from campus.envelope import Envelope
from campus.events import Status
from campus.facts import DeviceSilent
from campus.settings import Presence
from devices.presence import states
from devices.registry import Registry, mark_changed
from devices.stage import DeviceStage
from devices.tables import device_states, devices

SCHOOL = "city"
BATCH = 2000
HEARTBEAT_S = 30
BEHIND_SWITCH = 1000
PRESENCE = Presence(late_after_s=90, silent_after_s=180, grace_s=120)


class City:
    """Many devices in one database, the first of them a switch with `BEHIND_SWITCH` children."""

    def __init__(self, engine: sa.Engine, count: int) -> None:
        self.engine = engine
        self.clock = VirtualClock(datetime(2026, 9, 7, tzinfo=UTC))
        self.names = [f"d{number:06}" for number in range(count)]
        self._enrol()
        self.registry = Registry(engine)
        self.stage = DeviceStage(self.registry, PRESENCE)
        self.cpu = 0.0
        self.slowest = 0.0

    def _enrol(self) -> None:
        rows = [
            {
                "school": SCHOOL, "id": name, "kind": "agent" if n == 0 else "sensor", "name": name, "name_en": name,
                "parent": self.names[0] if 0 < n <= BEHIND_SWITCH else None, "model": "", "covers": "",
            }
            for n, name in enumerate(self.names)
        ]  # fmt: skip
        with db.write(self.engine) as conn:
            conn.execute(devices.insert(), rows)
            conn.execute(device_states.insert(), [states.create(SCHOOL, name) for name in self.names])
            mark_changed(conn, SCHOOL)

    def second(self, quiet: frozenset[str]) -> list[DeviceSilent]:
        """One second of the city: a thirtieth of it speaks, then the tick; the silences that were told."""
        now = self.clock.advance(timedelta(seconds=1))
        turn = int(now.timestamp()) % HEARTBEAT_S
        speaking = [name for name in self.names[turn::HEARTBEAT_S] if name not in quiet]
        batches = [self._said(speaking[i : i + BATCH], now) for i in range(0, len(speaking), BATCH)]
        began, wall = time.process_time(), time.perf_counter()
        told: list[Envelope] = []
        for batch in batches:
            with db.write(self.engine) as conn:
                told += self.stage.handle(conn, batch, now)
            self.stage.committed()
        with db.write(self.engine) as conn:
            told += self.stage.tick(conn, now)
        self.stage.committed()
        self.cpu += time.process_time() - began
        self.slowest = max(self.slowest, time.perf_counter() - wall)
        return [fact.body for fact in told if isinstance(fact.body, DeviceSilent)]

    def _said(self, names: Sequence[str], now: datetime) -> list[Envelope]:
        body = Status(state="online", ts=to_ms(now), boot="b1", agent="1.0")
        found = []
        for name in names:
            source = self.registry.source(SCHOOL, name)
            assert source is not None
            found.append(Envelope(source=source, body=body, at=now, received=now, boot="b1"))
        return found

    def run(self, seconds: int, quiet: frozenset[str] = frozenset()) -> tuple[list[DeviceSilent], int | None]:
        """Run for ``seconds``; the silences told, and the second after which the last of them came."""
        told: list[DeviceSilent] = []
        last = None
        self.cpu = self.slowest = 0.0
        for second in range(1, seconds + 1):
            if found := self.second(quiet):
                told += found
                last = second
        return told, last


def main() -> None:
    """Print the rows of `docs/measurements-devices.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder)}/campus.db")
        db.migrate(engine)
        began = _memory_mb()
        city = City(engine, options.devices)
        city.run(HEARTBEAT_S)
        print(f"{options.devices} devices known, each heard once: {_memory_mb() - began:.0f} MB")
        city.run(options.seconds)
        _tell("all speak", city, options.seconds)
        switch = frozenset(city.names[: BEHIND_SWITCH + 1])
        told, last = city.run(240, switch)
        _tell(f"a switch with {BEHIND_SWITCH} children dies: {len(told)} told, the last after {last} s", city, 240)
        alone = frozenset(city.names[-BEHIND_SWITCH:])
        told, last = city.run(240, switch | alone)
        _tell(f"{BEHIND_SWITCH} devices of no parent die: {len(told)} told, the last after {last} s", city, 240)
        engine.dispose()


def _tell(what: str, city: City, seconds: int) -> None:
    share = 100 * city.cpu / seconds
    print(f"{what}; {share:.0f} % of one core, slowest second {1000 * city.slowest:.0f} ms")


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
