"""`campus roster keep`: the program that keeps the roster current, beside the others so that it never slows them."""

from __future__ import annotations

import threading

from attendance.roster.keep import RosterKeeper
from attendance.roster.run import RosterRun
from campus import heartbeat
from campus.clock import Clock
from campus.errors import SettingsError
from campus.scheduling import Scheduler
from campus.service import Service
from campus.settings import Settings
from cli.commands.roster import wishes_of
from cli.wiring import open_database

_EVERY_S = 30.0


def run_roster(settings: Settings, clock: Clock) -> int:
    """Until a signal; raises `SettingsError` when the settings name nothing to keep it from."""
    if not settings.roster.kept:
        raise SettingsError("roster", "names no source", "Set [roster] folder or [roster.provider] url")
    engine = open_database(settings)
    keeper = RosterKeeper(
        RosterRun(engine, settings.school.id, clock, wishes_of(settings.roster)), settings.roster, clock
    )
    scheduler = Scheduler()
    scheduler.every(_EVERY_S, "keep the roster current", keeper.step)
    scheduler.every(heartbeat.EVERY_S, "say that it lives", heartbeat.Heartbeat(engine, "roster").step)
    service = Service("roster")
    service.on_stop("database", engine.dispose)
    service.on_stop("scheduler", scheduler.stop)
    service.task("wait", _wait)
    scheduler.start()
    return service.run()


def _wait(stop: threading.Event) -> None:
    stop.wait()
