"""`campus dashboards`: the console."""

from __future__ import annotations

from pathlib import Path

from attendance.rollbook import RollBook
from campus import heartbeat
from campus.clock import Clock
from campus.scheduling import Scheduler
from campus.series.open import open_series
from campus.service import Service
from campus.settings import Settings
from cli.commands.rules_replay import replay_rules
from cli.joins.forgetting import purges
from cli.joins.gate_rush import rush_of
from cli.joins.people import SchoolPeople
from cli.joins.school_calendar import SchoolCalendar
from cli.wiring import open_database
from dashboards.city.keeper import STEP_S, CityKeeper
from dashboards.deps import Deps
from dashboards.server import serve


def certificates_of(settings: Settings) -> tuple[Path, ...]:
    """The certificates that this installation shows or gives to others."""
    files = (settings.broker.cert_file, settings.dashboards.cert_file, settings.trust.authority)
    return tuple(dict.fromkeys(path for path in files if path is not None))


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
        firmware=settings.firmware,
        trust=settings.trust,
        sign_on=settings.sign_on,
        certificates=certificates_of(settings),
        kept=tuple((one.what, one.days) for one in purges(settings.retention)),
        rules=settings.alerts.rules,
        routes=settings.alerts.routes,
        people=SchoolPeople(RollBook(settings.school.zone)),
        calendar=SchoolCalendar(settings.school.zone),
        rush=rush_of(settings.school.zone),
        replay=lambda rules, since, watch: replay_rules(settings, clock, rules, since, 1, watch),
    )
    scheduler = Scheduler()
    scheduler.every(STEP_S, "count the city's schools", CityKeeper(engine, clock, settings.school.zone).step)
    scheduler.every(heartbeat.EVERY_S, "say that it lives", heartbeat.Heartbeat(engine, "dashboards").step)
    service = Service("dashboards")
    service.on_stop("database", engine.dispose)
    service.on_stop("series", series.close)
    service.on_stop("scheduler", scheduler.stop)
    service.task("serve", lambda stop: serve(deps, stop))
    scheduler.start()
    return service.run()
