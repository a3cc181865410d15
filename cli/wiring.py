"""Joins the domains in the ingest program: the only place that sees every domain at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from alerts.review import history
from alerts.rules.rulesource import RuleSource
from alerts.stage import AlertStage
from alerts.telling import ack_links
from attendance.rollbook import RollBook
from attendance.stage import AttendanceStage
from campus import changes, db, heartbeat
from campus.clock import Clock, to_ms
from campus.mqtt.client import Message, MqttClient
from campus.planning import look_at_tables
from campus.scheduling import Scheduler
from campus.series.open import open_series
from campus.series.store import SeriesStore
from campus.service import Service
from campus.settings import Settings
from campus.stage import Stage
from campus.tables import seen_events
from cli.joins.calendar_feed import CalendarKeeper
from cli.joins.forgetting import keep_to
from cli.joins.judging import EVERY_S, Judging
from cli.joins.names import SchoolNames
from cli.joins.orders import Orders
from cli.joins.register import SchoolRegister
from cli.joins.school_calendar import SchoolCalendar
from cli.programs.broker_access import BrokerAccess
from cli.programs.session import ingest_client_id
from devices import queries as device_queries
from devices.control.stage import ControlStage
from devices.registry import Registry
from devices.stage import DeviceStage
from devices.trust import broker_files
from devices.trust.quarantine import quarantine
from ingest.door import Door
from ingest.foreign.door import ForeignDoor
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


def make_stages(
    settings: Settings, registry: Registry, owns: Callable[[str], bool], listening: Callable[[], bool] = lambda: True
) -> Sequence[Stage]:
    """The domains in the order in which a message meets them."""
    roll_book = RollBook(settings.school.zone)
    return (
        DeviceStage(registry, settings.presence, listening),
        ControlStage(settings.school.zone),
        AttendanceStage(device_queries, settings.school.zone),
        AlertStage(
            RuleSource(settings.alerts.rules),
            roll_book,
            SchoolNames(roll_book),
            calendar=SchoolCalendar(settings.school.zone),
            register=SchoolRegister(settings.school.zone),
            owns=owns,
        ),
    )


class IngestParts(msgspec.Struct, frozen=True):
    """What `make_ingest` joined, for a program or a test to run."""

    pipeline: Pipeline
    sink: SeriesSink
    client: MqttClient
    intake: Intake
    orders: Orders
    foreign: ForeignDoor
    registry: Registry


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
    foreign = _foreign_door(settings, registry, part)
    client = MqttClient(
        settings.mqtt,
        ingest_client_id(part),
        subscriptions=[*part.subscriptions(registry.schools()), *foreign.filters],
        on_message=intake.put,
        persistent=True,
        receive_maximum=settings.ingest.in_flight,
    )

    def acknowledge(messages: Sequence[Message]) -> None:
        client.acknowledge(messages)

    stages = make_stages(settings, registry, part.owns, lambda: client.connected)
    door = Door(registry, settings.ingest.clock_tolerance_s)
    pipeline = Pipeline(engine, door, stages, sink, clock, acknowledge, quarantine, checkpoint, foreign)
    return IngestParts(pipeline, sink, client, intake, Orders(engine, client, part.owns, clock), foreign, registry)


def _foreign_door(settings: Settings, registry: Registry, part: Partition) -> ForeignDoor:
    """The door for devices with topics of their own: each row belongs to the part that has its school."""
    mine = [one for one in settings.foreign if part.owns(one.school or settings.school.id)]
    return ForeignDoor(mine, settings.school.id, registry, settings.ingest.clock_tolerance_s)


def _ask_for_births(parts: IngestParts) -> None:
    """Have Sparkplug nodes introduce themselves again that were not heard from their beginning."""
    if parts.client.connected:
        for topic, payload in parts.foreign.rebirths():
            parts.client.publish(topic, payload)


def run_ingest(settings: Settings, clock: Clock) -> int:
    """`campus ingest`."""
    engine, series = open_database(settings), open_series(settings.series)
    parts = make_ingest(settings, engine, series, clock)
    scheduler = Scheduler()
    scheduler.every(2, "tell devices what they are to do", parts.orders.step)
    if (access := broker_access(settings, engine, clock)) is not None:
        scheduler.every(2, "write the broker's accounts", access.step)
    if Partition.parse(settings.ingest.partition).index == 1:
        keeper = CalendarKeeper(engine, settings.calendar, settings.school, clock)
        scheduler.every(settings.calendar.feed_hours * 3600, "keep the calendar current", keeper.step)
    judging = Judging(settings, engine, series, parts.registry, clock)
    scheduler.every(EVERY_S, "judge the health of devices", judging.step)
    scheduler.every(5, "ask Sparkplug nodes for their births", lambda: _ask_for_births(parts))
    scheduler.every(5, "drain the series spool", parts.sink.drain)
    scheduler.every(60, "roll up the series", lambda: series.rollup(to_ms(clock.now())))
    scheduler.every(6 * 3600, "delete old readings", lambda: forget_readings(settings, series, clock))
    if Partition.parse(settings.ingest.partition).index == 1:
        scheduler.every(6 * 3600, "keep to retention", lambda: keep_to(engine, settings.retention, clock.now()))
        scheduler.every(3600, "look at the tables to plan by", lambda: look_at_tables(engine))
    scheduler.every(3600, "forget old changes and event ids", lambda: forget_old(settings, engine, clock))
    scheduler.every(heartbeat.EVERY_S, "say that it lives", heartbeat.Heartbeat(engine, _beat_of(settings)).step)
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


def _beat_of(settings: Settings) -> str:
    """What this part of ingest is called among the programs."""
    part = settings.ingest.partition
    return "ingest" if part == "1/1" else f"ingest {part}"


def broker_access(settings: Settings, engine: sa.Engine, clock: Clock) -> BrokerAccess | None:
    """What writes the broker's accounts: in the first part only, and where the settings name both files."""
    files = (settings.broker.password_file, settings.broker.acl_file)
    if files[0] is None or files[1] is None or Partition.parse(settings.ingest.partition).index != 1:
        return None
    rights = broker_files.foreign_rights(settings.mqtt.username, [one.filter for one in settings.foreign])
    return BrokerAccess(engine, Registry(engine), files[0], files[1], clock, rights)


def forget_readings(settings: Settings, series: SeriesStore, clock: Clock) -> None:
    """Retention: readings older than ``[series] keep_days``."""
    series.delete_before(to_ms(clock.now() - timedelta(days=settings.series.keep_days)))


def forget_old(settings: Settings, engine: sa.Engine, clock: Clock) -> None:
    """Housekeeping: the change log, the ids of events long taken, events kept for replay."""
    now = clock.now()
    with db.write(engine) as conn:
        changes.forget_before(conn, now - CHANGES_KEPT)
        conn.execute(seen_events.delete().where(seen_events.c.at < now - EVENT_IDS_KEPT))
        history.forget_before(conn, now - timedelta(days=settings.alerts.history_days))
        ack_links.forget_before(conn, now - ack_links.KEPT)
