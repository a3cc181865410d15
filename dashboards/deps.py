"""What the console stands on, handed over once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa
from starlette.requests import HTTPConnection

from alerts.ports import Calendar
from alerts.review.replay_report import Report
from alerts.rules.rulefile import RuleSet
from alerts.telling.duty import Nobody, People
from campus import settings
from campus.clock import Clock, SystemClock
from campus.series.store import SeriesStore
from campus.settings.sign_on import SignOn
from devices.health.judge import Rush
from devices.ledger.attachments import Attachments

# Runs rules over the last days of history: the rules, how far back, and who is told how far it has come (0 to 1).
Replay = Callable[[RuleSet, timedelta, Callable[[float], None]], Report]


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """The stores, clocks and settings of one console.

    ``clock`` is the platform's and may run fast in a demo; ``wall`` times what concerns the people at the screen:
    sessions, throttling and the access log.
    """

    engine: sa.Engine
    series: SeriesStore
    clock: Clock
    dashboards: settings.Dashboards = settings.Dashboards()
    school: settings.School = settings.School()
    presence: settings.Presence = settings.Presence()
    firmware: settings.Firmware = settings.Firmware()
    trust: settings.Trust = settings.Trust()
    sign_on: SignOn = SignOn()
    wall: Clock = SystemClock()
    certificates: tuple[Path, ...] = ()  # whose end is watched: the broker's, the console's, the authority's
    kept: tuple[tuple[str, float], ...] = ()  # what is forgotten by itself, and after how many days
    rules: Path | None = None  # the school's own rules file
    routes: Path | None = None  # who is told, until the first revision
    people: People = Nobody()
    calendar: Calendar | None = None
    replay: Replay | None = None
    rush: Rush | None = None  # gates that nobody passes in the rush


def attachments_of(deps: Deps) -> Attachments:
    """Where papers and photos are kept."""
    return Attachments(deps.dashboards.files, int(deps.dashboards.file_mb * 1024 * 1024))


def firmware_files_of(deps: Deps) -> Attachments:
    """Where uploaded firmware is kept: beside them, with a limit of its own."""
    return Attachments(deps.dashboards.files, int(deps.firmware.largest_mb * 1024 * 1024))


def deps_of(connection: HTTPConnection) -> Deps:
    """The `Deps` of the app that serves this request or socket."""
    deps = connection.app.state.deps
    assert isinstance(deps, Deps)
    return deps
