"""`campus alerts`: the worker that delivers alarms and follows up."""

from __future__ import annotations

from alerts.notify.kinds import make_client, make_notifiers
from alerts.worker import AlertWorker
from campus.clock import Clock, SystemClock
from campus.service import Service
from campus.settings import Settings
from cli.wiring import open_database


def run_alerts(settings: Settings, clock: Clock) -> int:
    """`campus alerts`: the worker that delivers and follows up."""
    engine = open_database(settings)
    client = make_client()
    worker = AlertWorker(engine, make_notifiers(settings.alerts, client), clock, wall=SystemClock())
    service = Service("alerts")
    service.metrics(settings.metrics.host, settings.metrics.alerts_port)
    service.on_stop("database", engine.dispose)
    service.on_stop("http", client.close)
    service.task("deliver", worker.run)
    return service.run()
