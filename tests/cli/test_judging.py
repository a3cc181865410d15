"""The background judge: whose turn it is, what lists show of it, and that a store that is down does no harm."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock, to_ms
from campus.errors import Unavailable
from campus.series.sqlite import SqliteSeries
from campus.series.store import Place, Point, Sample
from campus.settings import Settings
from cli.joins.judging import AGAIN, SLOW_AGAIN, Judging
from dashboards.views.devices import lines
from devices.ledger.files import import_devices
from devices.registry import Registry
from devices.tables import device_states

HEAD = "id,kind,name,name_en,place,parent,model,covers,x,y\n"
MINUTE = 60_000


@pytest.fixture
def series(tmp_path: Path) -> Iterator[SqliteSeries]:
    store = SqliteSeries(tmp_path / "series.db")
    yield store
    store.close()


@pytest.fixture
def registry(engine: sa.Engine, tmp_path: Path, clock: VirtualClock) -> Registry:
    file = tmp_path / "devices.csv"
    file.write_text(HEAD + "".join(f"{id_},sensor,S,S,,,,,,\n" for id_ in ("air-1", "air-2")))
    with db.write(engine) as conn:
        import_devices(conn, "s", file, clock.now())
        conn.execute(device_states.update().values(state="online"))
    found = Registry(engine)
    with db.read(engine) as conn:
        found.refresh(conn)
    return found


def shown(engine: sa.Engine, clock: VirtualClock) -> dict[str, tuple[int | None, list[str], tuple[str, ...]]]:
    with db.read(engine) as conn:
        found = lines(conn, "s", clock.now())
    return {line.id: (line.score, [one.code for one in line.findings], line.needs) for line in found}


def test_each_device_has_its_turn_and_the_list_shows_what_was_found(
    engine: sa.Engine, clock: VirtualClock, series: SqliteSeries, registry: Registry
) -> None:
    now = to_ms(clock.now())
    series.write([Point("s", "air-2", "humidity", now - n * MINUTE, 41.0) for n in range(7 * 60)])
    judging = Judging(Settings(), engine, series, registry, clock)
    assert shown(engine, clock)["air-2"] == (None, [], ())
    assert judging.step() == 2
    assert shown(engine, clock) == {"air-1": (100, [], ()), "air-2": (40, ["stuck"], ("unwell",))}
    assert judging.step() == 0
    clock.advance(AGAIN + timedelta(seconds=1))
    series.write([Point("s", "air-2", "humidity", now + n * MINUTE, 41.0 + n) for n in range(11)])
    assert judging.step() == 2
    assert shown(engine, clock)["air-2"][1] == []


class Watched(SqliteSeries):
    away = True
    reads: ClassVar[list[int]] = []

    def read_many(
        self, school: str, devices: Collection[str], metrics: Collection[str], start_ms: int, end_ms: int,
        mean_ms: int = 0, limit: int = 10_000,
    ) -> dict[Place, list[Sample]]:  # fmt: skip
        if self.away:
            raise Unavailable(f"the series of {school}", "it is down")
        self.reads += [end_ms - start_ms]
        return super().read_many(school, devices, metrics, start_ms, end_ms, mean_ms, limit)


def test_while_the_series_store_is_down_nobody_is_judged_and_that_is_said_once(
    engine: sa.Engine,
    clock: VirtualClock,
    registry: Registry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Watched(tmp_path / "down.db")
    judging = Judging(Settings(), engine, store, registry, clock)
    assert [judging.step() for _ in range(3)] == [0, 0, 0]
    assert shown(engine, clock)["air-1"][0] is None
    store.away = False
    assert judging.step() == 2
    clock.advance(AGAIN + timedelta(seconds=1))
    store.away = True
    assert [judging.step() for _ in range(2)] == [0, 0]
    store.close()
    assert caplog.text.count("cannot be judged") == 2, "once for each time that it is down"


def test_what_moves_in_days_is_judged_again_after_an_hour_and_stands_in_between(
    engine: sa.Engine, clock: VirtualClock, series: SqliteSeries, registry: Registry
) -> None:
    hour = SLOW_AGAIN // timedelta(milliseconds=1)
    now = to_ms(clock.now())
    series.write([Point("s", "air-1", "battery", now - n * hour, 20 + n * 0.1) for n in range(240)])
    judging = Judging(Settings(), engine, series, registry, clock)
    judging.step()
    assert shown(engine, clock)["air-1"][1] == ["battery_ending"]
    series.write([Point("s", "air-1", "battery", now + n * MINUTE, 100.0) for n in range(10)])  # a new one
    said = []
    for _ in range(6):
        clock.advance(AGAIN + timedelta(seconds=1))
        assert judging.step() == 2
        said.append(shown(engine, clock)["air-1"][1])
    assert said[0] == ["battery_ending"]
    assert said[-1] == []
    assert said == sorted(said, reverse=True), "once in the hour it is judged anew, and that stands"


def test_of_a_sensor_that_works_two_hours_are_read_and_not_the_day(
    engine: sa.Engine, clock: VirtualClock, registry: Registry, tmp_path: Path
) -> None:
    store = Watched(tmp_path / "watched.db")
    store.away = False
    judging = Judging(Settings(), engine, store, registry, clock)
    now = to_ms(clock.now())
    names = ("temperature", "humidity", "co2", "light", "noise")
    store.write(
        [Point("s", f"air-{n}", name, now + minute * MINUTE, 600 * (name == "co2") + minute % 3)
         for n in (1, 2) for name in names for minute in range(-200, 150)]
    )  # fmt: skip
    judging.step()
    looked = []
    for _ in range(6):
        clock.advance(AGAIN + timedelta(seconds=1))
        store.reads.clear()
        judging.step()
        looked.append(max(store.reads) // (60 * MINUTE))
    store.close()
    assert sorted(looked)[:5] == [2] * 5
