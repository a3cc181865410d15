"""What judging every device of a city costs: `python -m benchmarks.judging [--schools 2000] [--devices 20]`.

A city's registry in the database, with the readings of a few schools in the series store: sensors with four metrics
for three days, cameras with a frame rate, batteries of thirty days. The judging that `campus ingest` does in the
background takes its steps until the devices of these schools were judged once, and then again every ten minutes of an
hour, with new readings each time. Told are CPU seconds for a device, for a round over the city, and how long a round
takes at the share of a core that judging may use. `--influx URL --token-file FILE` takes that InfluxDB (org and bucket
`campus`) in place of SQLite.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock, to_ms
from campus.series.open import open_series
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, SeriesStore
from campus.settings import Series as SeriesSettings
from campus.settings import Settings
from cli.joins.judging import AGAIN, BUDGET_S, EVERY_S, Judging
from devices.health import judgements
from devices.health.finding import Health
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
LEVEL = {"co2": 600.0, "fps": 5.0}
SAYS = '{"fps_wanted": 5}'  # as an agent does of its camera


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
        conn.execute(device_states.update().values(state="online", clock_offset_ms=20, health=SAYS))


def readings(school: str, device: str, kind: str, end: int, begin: int = 0) -> Iterator[Point]:
    """The readings of a device from ``begin`` up to ``end``, no older than the longest look that is taken at them."""
    for metric in next(metrics for name, _, metrics in KINDS if name == kind):
        every = MINUTE * (30 if metric == "battery" else 1)
        first = max(begin, end - DAYS.get(metric, 1) * 24 * 60 * MINUTE)
        for ts in range(-(-first // every) * every, end, every):
            yield Point(school, device, metric, ts, LEVEL.get(metric, 20.0) + (ts // every) % 7 / 3)


def open_store(options: argparse.Namespace, folder: str) -> SeriesStore:
    """SQLite in ``folder``, or the InfluxDB that was named."""
    if not options.influx:
        return SqliteSeries(Path(folder) / "series.db")
    token = options.token_file.read_text().strip()
    return open_series(SeriesSettings(kind="influx", url=options.influx, token=token, org="campus", bucket="campus"))


def measure(engine: sa.Engine, series: SeriesStore, rows: list[dict[str, object]], every: int, profiled: bool) -> None:
    """Judge ``rows`` of ``every`` devices round by round for an hour, and tell what a round over all costs."""
    registry = Registry(engine)
    with db.read(engine) as conn:
        registry.refresh(conn)
    clock = VirtualClock(NOW)
    judging = Judging(Settings(), engine, series, registry, clock)
    first = Cost(len(rows), every)
    first.take(judging)
    print(f"the first round, all things judged: {first.told()}")
    profile, rounds = cProfile.Profile(), Cost(len(rows), every)
    for _ in range(6):
        clock.advance(AGAIN + timedelta(seconds=1))
        end = to_ms(clock.now())
        for row in rows:
            series.write(list(readings(str(row["school"]), str(row["id"]), str(row["kind"]), end, end - 11 * MINUTE)))
        series.rollup(end)
        if profiled:
            profile.enable()
        rounds.take(judging)
        profile.disable()
    print(f"each of the six rounds of an hour: {rounds.told()}")
    if profiled:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(25)


class Cost:
    """CPU and time of rounds over ``sample`` of ``every`` devices."""

    def __init__(self, sample: int, every: int) -> None:
        self._sample = sample
        self._every = every
        self._judged = 0
        self._cpu = self._took = 0.0

    def take(self, judging: Judging) -> None:
        """One round."""
        began, cpu, wanted = time.perf_counter(), time.process_time(), self._judged + self._sample
        while self._judged < wanted:
            self._judged += judging.step()
        self._took += time.perf_counter() - began
        self._cpu += time.process_time() - cpu

    def told(self) -> str:
        """The figures of `docs/measurements-devices.md`."""
        each, took = self._cpu / self._judged, self._took / self._judged
        again = took * self._every * EVERY_S / BUDGET_S / 60
        return (
            f"{1000 * each:.2f} ms of CPU a device ({1000 * took:.2f} ms in all), "
            f"{each * self._every / 60:.1f} min of a core for {self._every} devices; "
            f"at {BUDGET_S:g} s of each {EVERY_S:g} s they are judged every {again:.0f} min"
        )


def main() -> None:
    """Print the rows of `docs/measurements-devices.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--sample", type=int, default=100, help="so many devices have readings and are judged")
    parser.add_argument("--influx", help="URL of an InfluxDB 2 in place of SQLite")
    parser.add_argument("--token-file", type=Path)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    schools = [f"s{n:05}" for n in range(options.schools)]
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder)}/campus.db")
        db.migrate(engine)
        rows = things(schools, options.devices)
        fill(engine, rows)
        sample, others = rows[: options.sample], rows[options.sample :]
        judged: dict[str, dict[str, Health]] = defaultdict(dict)
        for row in others:
            judged[str(row["school"])][str(row["id"])] = Health(100, ())
        with db.write(engine) as conn:  # the others have their turn when all is measured
            judgements.keep(conn, judged, NOW + timedelta(days=1))
        series = open_store(options, folder)
        for row in sample:
            series.write(list(readings(str(row["school"]), str(row["id"]), str(row["kind"]), to_ms(NOW))))
        series.rollup(to_ms(NOW))
        measure(engine, series, sample, len(rows), options.profile)
        series.close()
        engine.dispose()


if __name__ == "__main__":
    main()
