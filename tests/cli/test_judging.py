"""The background judge: whose turn it is, what lists show of it, and that a store that is down does no harm."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock, to_ms
from campus.errors import Unavailable
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, Sample
from campus.settings import Settings
from cli.joins.judging import AGAIN, Judging
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


class Down(SqliteSeries):
    away = True

    def latest(self, school: str, device: str) -> dict[str, Sample]:
        if self.away:
            raise Unavailable(f"the series of {school}/{device}", "it is down")
        return super().latest(school, device)


def test_while_the_series_store_is_down_nobody_is_judged_and_that_is_said_once(
    engine: sa.Engine,
    clock: VirtualClock,
    registry: Registry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Down(tmp_path / "down.db")
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
