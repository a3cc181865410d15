"""`campus alerts`: the worker that delivers alarms and follows up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx
import sqlalchemy as sa

from alerts.notify.kinds import make_client, make_notifiers
from alerts.notify.notice import Notifier
from alerts.telling.ack_links import Links
from alerts.telling.dispatch import Dispatcher
from alerts.telling.in_force import RouteSource
from alerts.telling.worker import AlertWorker
from attendance.guardians.worker import GuardianWorker
from attendance.rollbook import RollBook
from campus import db, heartbeat
from campus.clock import Clock, SystemClock
from campus.mqtt.client import MqttClient
from campus.scheduling import Scheduler
from campus.service import Service
from campus.settings import Settings
from cli.joins.guardian_post import GuardianPost, timing_of
from cli.joins.people import SchoolPeople
from cli.joins.school_calendar import SchoolCalendar
from cli.wiring import open_database


def run_alerts(settings: Settings, clock: Clock) -> int:
    """`campus alerts`: the worker that delivers and follows up."""
    engine = open_database(settings)
    client = make_client()
    broker = MqttClient(settings.mqtt, "campus-alerts") if settings.alerts.mqtt else None
    notifiers = make_notifiers(settings.alerts, client, zone=settings.school.zone, publisher=broker)
    dispatcher = make_dispatcher(settings, engine, notifiers)
    worker = AlertWorker(engine, notifiers, clock, wall=SystemClock(), dispatcher=dispatcher)
    scheduler = Scheduler()
    scheduler.every(heartbeat.EVERY_S, "say that it lives", heartbeat.Heartbeat(engine, "alerts").step)
    service = Service("alerts")
    service.metrics(settings.metrics.host, settings.metrics.alerts_port)
    service.on_stop("database", engine.dispose)
    service.on_stop("scheduler", scheduler.stop)
    service.on_stop("http", client.close)
    if broker is not None:
        service.on_stop("broker", broker.stop)
        broker.start()
    scheduler.start()
    service.task("deliver", worker.run)
    service.task("tell guardians", make_guardian_worker(settings, engine, client, clock).run)
    return service.run()


def make_guardian_worker(settings: Settings, engine: sa.Engine, client: httpx.Client, clock: Clock) -> GuardianWorker:
    """The worker that writes to guardians; raises `SettingsError` for a way to them that cannot work."""
    post = GuardianPost(settings.guardians, settings, client)
    keep = timedelta(days=settings.guardians.keep_days)
    return GuardianWorker(engine, post, clock, timing_of(settings), keep)


def make_dispatcher(settings: Settings, engine: sa.Engine, notifiers: Mapping[str, Notifier]) -> Dispatcher:
    """The routes in force, over calendar and people; raises `RuleFileError` for a routes file that cannot be used."""
    routes = RouteSource(settings.alerts.routes, notifiers)
    with db.read(engine) as conn:
        routes.check(conn)
    zone = settings.school.zone
    return Dispatcher(notifiers, routes, SchoolCalendar(zone), SchoolPeople(RollBook(zone)), make_links(settings))


def make_links(settings: Settings) -> Links | None:
    """Links to the console; None when nobody wants them or the settings do not say where the console is."""
    minutes, base_url = settings.alerts.link_minutes, settings.dashboards.base_url
    return Links(base_url, timedelta(minutes=minutes)) if minutes and base_url else None
