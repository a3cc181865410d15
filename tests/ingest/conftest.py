"""A pipeline on a real database and a real series store, with a stage that writes down what it is handed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import changes
from campus.clock import VirtualClock
from campus.envelope import Envelope, Source
from campus.errors import Unavailable
from campus.mqtt.client import Message
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, SeriesStore, WriteResult
from ingest.door import Door
from ingest.pipeline import Pipeline
from ingest.sink import SeriesSink

SCHOOL = "school-1"


class Registry:
    """Knows `dev-1` and `dev-2`."""

    def source(self, school: str, device: str) -> Source | None:
        return Source(school, device, "sensor", "room-1") if school == SCHOOL and device in {"dev-1", "dev-2"} else None


class Recorder:
    """A stage that logs each envelope as a change, so that the database tells what a stage has seen."""

    name = "recorder"

    def __init__(self) -> None:
        self.handled: list[Envelope] = []
        self.outcomes: list[str] = []
        self.ticks: list[datetime] = []
        self.poison: str | None = None

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        for envelope in batch:
            if self.poison is not None and envelope.id == self.poison:
                raise ZeroDivisionError("a stage with a fault")
            changes.append(conn, now, envelope.school, "device", envelope.id or envelope.device)
            self.handled.append(envelope)
        return []

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        self.ticks.append(now)
        return []

    def committed(self) -> None:
        self.outcomes.append("committed")

    def rolled_back(self) -> None:
        self.outcomes.append("rolled back")


class Fragile:
    """A real series store that can be taken away."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self.away = False

    def write(self, points: Sequence[Point]) -> WriteResult:
        if self.away:
            raise Unavailable("the series store", "taken away by the test")
        return self._store.write(points)

    def ping(self) -> None:
        if self.away:
            raise Unavailable("the series store", "taken away by the test")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class Bench:
    """Everything a test of the pipeline holds in its hands."""

    def __init__(self, engine: sa.Engine, series: Fragile, clock: VirtualClock) -> None:
        self.engine = engine
        self.series = series
        self.clock = clock
        self.stage = Recorder()
        self.acked: list[Message] = []
        self.steps: list[str] = []
        self.quarantined: list[tuple[str, str, str]] = []
        self.sink = SeriesSink(series, engine)  # type: ignore[arg-type]
        self.pipeline = Pipeline(
            engine,
            Door(Registry(), 300),
            [self.stage],
            self.sink,
            clock,
            self._ack,
            self._quarantine,
            self.steps.append,
        )

    def _ack(self, messages: Sequence[Message]) -> None:
        self.steps.append("ack")
        self.acked.extend(messages)

    def _quarantine(
        self, conn: sa.Connection, school: str, device: str, topic: str, now: datetime, payload: bytes
    ) -> None:
        self.quarantined.append((school, device, topic))

    def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(table)).all())


@pytest.fixture
def bench(engine: sa.Engine, tmp_path: Path, clock: VirtualClock) -> Iterator[Bench]:
    store = SqliteSeries(tmp_path / "series.db")
    made = Bench(engine, Fragile(store), clock)
    yield made
    made.sink.close()
    store.close()
