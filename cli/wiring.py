"""Joins the rooms: builds each program from the settings. The only place that sees every domain at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import httpx
import msgspec
import sqlalchemy as sa

from alerts.notify.channels import make_notifiers
from alerts.rulefile import load_rules
from alerts.stage import AlertStage
from alerts.worker import AlertWorker
from attendance.rollbook import RollBook
from attendance.stage import AttendanceStage
from campus import changes, db
from campus.clock import Clock
from campus.mqtt import Message, MqttClient
from campus.scheduling import Scheduler
from campus.series import SeriesStore
from campus.series_open import open_series
from campus.service import Service
from campus.settings import Settings
from campus.stage import Stage
from campus.tables import seen_events
from cli.session import ingest_client_id
from dashboards.deps import Deps
from dashboards.server import serve
from devices import queries as device_queries
from devices.quarantine import quarantine
from devices.registry import Registry
from devices.stage import DeviceStage
from ingest.door import Door
from ingest.intake import Intake
from ingest.partition import Partition
from ingest.pipeline import Pipeline
from ingest.program import consume
from ingest.sink import SeriesSink

log = logging.getLogger("cli.wiring")
CHANGES_KEPT = timedelta(days=2)
EVENT_IDS_KEPT = timedelta(days=30)  # an edge agent's spool is emptied long before


def open_database(settings: Settings) -> sa.Engine:
    """The database, brought to the newest schema."""
    engine = db.open_engine(settings.database.url)
    db.migrate(engine)
    return engine


def make_stages(settings: Settings, registry: Registry, listening: Callable[[], bool]) -> Sequence[Stage]:
    """The domains in the order in which a message meets them."""
    return (
        DeviceStage(registry, settings.presence, listening),
        AttendanceStage(device_queries, settings.school.zone),
        AlertStage(load_rules(settings.alerts.rules), RollBook(settings.school.zone)),
    )


class IngestParts(msgspec.Struct, frozen=True):
    """What `make_ingest` joined, for a program or a test to run."""

    pipeline: Pipeline
    sink: SeriesSink
    client: MqttClient
    intake: Intake


def make_ingest(
    settings: Settings,
    engine: sa.Engine,
    series: SeriesStore,
    clock: Clock,
    checkpoint: Callable[[str], None] = lambda _step: None,
) -> IngestParts:
    """The consumer and its pipeline; nothing is started."""
    part = Partition.parse(settings.ingest.partition)
    registry = Registry(engine, part.owns)
    with db.read(engine) as conn:
        registry.refresh(conn)
    intake = Intake()
    sink = SeriesSink(series, engine)
    client = MqttClient(
        settings.mqtt,
        ingest_client_id(part),
        subscriptions=part.subscriptions(registry.schools()),
        on_message=intake.put,
        persistent=True,
        receive_maximum=settings.ingest.in_flight,
    )

    def acknowledge(messages: Sequence[Message]) -> None:
        client.acknowledge(messages)

    stages = make_stages(settings, registry, lambda: client.connected)
    door = Door(registry, settings.ingest.clock_tolerance_s)
    pipeline = Pipeline(engine, door, stages, sink, clock, acknowledge, quarantine, checkpoint)
    return IngestParts(pipeline, sink, client, intake)


def run_ingest(settings: Settings, clock: Clock) -> int:
    """`campus ingest`."""
    engine, series = open_database(settings), open_series(settings.series)
    parts = make_ingest(settings, engine, series, clock)
    scheduler = Scheduler()
    scheduler.every(5, "drain the series spool", lambda: parts.sink.drain())
    scheduler.every(3600, "forget old changes and event ids", lambda: forget_old(engine, clock))
    service = Service("ingest")
    service.metrics(settings.metrics.host, settings.metrics.ingest_port)
    service.on_stop("database", engine.dispose)
    service.on_stop("series", series.close)
    service.on_stop("sink", parts.sink.close)
    service.on_stop("scheduler", scheduler.stop)
    service.on_stop("broker", parts.client.stop)
    service.task("consume", lambda stop: consume(parts.intake, parts.pipeline, settings.ingest, stop))
    scheduler.start()
    parts.client.start()
    return service.run()


def forget_old(engine: sa.Engine, clock: Clock) -> None:
    """Housekeeping: the change log and the ids of events long taken."""
    now = clock.now()
    with db.write(engine) as conn:
        changes.forget_before(conn, now - CHANGES_KEPT)
        conn.execute(seen_events.delete().where(seen_events.c.at < now - EVENT_IDS_KEPT))


def run_alerts(settings: Settings, clock: Clock) -> int:
    """`campus alerts`: the worker that delivers and follows up."""
    engine = open_database(settings)
    client = httpx.Client()
    worker = AlertWorker(engine, make_notifiers(settings.alerts, client), clock)
    service = Service("alerts")
    service.metrics(settings.metrics.host, settings.metrics.alerts_port)
    service.on_stop("database", engine.dispose)
    service.on_stop("http", client.close)
    service.task("deliver", worker.run)
    return service.run()


def run_dashboards(settings: Settings, clock: Clock) -> int:
    """`campus dashboards`: the console."""
    engine, series = open_database(settings), open_series(settings.series)
    deps = Deps(
        engine=engine,
        series=series,
        clock=clock,
        dashboards=settings.dashboards,
        school=settings.school,
        presence=settings.presence,
    )
    service = Service("dashboards")
    service.on_stop("database", engine.dispose)
    service.on_stop("series", series.close)
    service.task("serve", lambda stop: serve(deps, stop))
    return service.run()
