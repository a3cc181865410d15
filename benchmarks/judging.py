"""What judging every device of a city costs: `python -m benchmarks.judging [--schools 2000] [--devices 20]`.

A city's registry in the database, with the readings of a few schools in the series store: sensors with two metrics
for three days, cameras with a frame rate, batteries of thirty days. The judging that `campus ingest` does in the
background takes its steps until so many devices were judged; told are CPU seconds for a device, for a round over the
city, and how long a round takes at the share of a core that judging may use.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock, to_ms
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point
from campus.settings import Settings
from cli.joins.judging import BUDGET_S, EVERY_S, Judging
from devices.presence import states
from devices.registry import Registry
from devices.tables import device_states, devices, registry_versions

NOW = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
MINUTE = 60_000
# Of twenty devices: kind, how many, and its metrics; a reading a minute of each, a battery's every half hour.
KINDS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("agent", 2, ("cpu_temperature",)),
    ("camera", 5, ("fps", "people")),
    ("gate", 3, ()),
    ("headset", 3, ("battery", "temperature", "worn")),
    ("sensor", 7, ("temperature", "humidity", "co2", "battery")),
)
DAYS = {"battery": 30, "temperature": 3, "humidity": 3, "co2": 3}


def things(schools: list[str], many: int) -> list[dict[str, object]]:
    """The registry's rows: ``many`` devices a school in the mix of `KINDS`."""
    mix = [kind for kind, count, _ in KINDS for _ in range(count)]
    blank = {"name": "d", "name_en": "d", "place": "room-1", "model": "", "covers": ""}
    return [
        {**blank, "school": school, "id": f"{mix[n % len(mix)]}-{n}", "kind": mix[n % len(mix)]}
        for school in schools
        for n in range(many)
    ]


def fill(engine: sa.Engine, rows: list[dict[str, object]]) -> None:
    """The city's devices, all of them heard."""
    for first in range(0, len(rows), 10_000):
        some = rows[first : first + 10_000]
        with db.write(engine) as conn:
            conn.execute(devices.insert(), some)
            conn.execute(device_states.insert(), [states.create(str(r["school"]), str(r["id"])) for r in some])
    with db.write(engine) as conn:
        conn.execute(registry_versions.insert(), [{"school": one, "version": 1} for one in {r["school"] for r in rows}])
        conn.execute(device_states.update().values(state="online", clock_offset_ms=20))


def readings(school: str, device: str, kind: str) -> Iterator[Point]:
    """The readings of a device, as their retention leaves them."""
    end = to_ms(NOW)
    for metric in next(metrics for name, _, metrics in KINDS if name == kind):
        every = MINUTE * (30 if metric == "battery" else 1)
        begin = end - DAYS.get(metric, 1) * 24 * 60 * MINUTE
        for ts in range(begin, end, every):
            yield Point(school, device, metric, ts, 20.0 + (ts // every) % 7 / 3)


def main() -> None:
    """Print the rows of `docs/measurements-devices.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--sample", type=int, default=100, help="so many devices are judged; each of them has readings")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    schools = [f"s{n:05}" for n in range(options.schools)]
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder)}/campus.db")
        db.migrate(engine)
        rows = things(schools, options.devices)
        fill(engine, rows)
        series = SqliteSeries(Path(folder) / "series.db")
        for row in rows[: options.sample]:
            series.write(list(readings(str(row["school"]), str(row["id"]), str(row["kind"]))))
        series.rollup(to_ms(NOW))
        measure(engine, series, len(rows), options.sample, options.profile)
        series.close()
        engine.dispose()


def measure(engine: sa.Engine, series: SqliteSeries, every: int, sample: int, profiled: bool) -> None:
    """Judge ``sample`` of ``every`` devices step by step, and tell what a round over all costs."""
    registry = Registry(engine)
    with db.read(engine) as conn:
        registry.refresh(conn)
    clock = VirtualClock(NOW)
    judging = Judging(Settings(), engine, series, registry, clock)
    profile = cProfile.Profile()
    judged = steps = last = 0
    began, cpu = time.perf_counter(), time.process_time()
    if profiled:
        profile.enable()
    while judged + last <= sample:  # none of those without readings
        last = judging.step()
        judged += last
        steps += 1
        clock.advance(timedelta(seconds=EVERY_S))
    profile.disable()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    each = used / judged
    print(f"{judged} devices in {steps} steps: {1000 * each:.2f} ms of CPU each ({1000 * took / judged:.2f} ms in all)")
    print(f"a round over {every} devices: {each * every / 60:.1f} min of one core whole")
    again = each * every * EVERY_S / BUDGET_S / 60
    print(f"at {BUDGET_S:g} s of each {EVERY_S:g} s: a device is judged every {again:.0f} min")
    if profiled:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(25)


if __name__ == "__main__":
    main()
