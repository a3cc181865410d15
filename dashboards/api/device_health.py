"""How healthy and how dependable a device is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.people import allow
from dashboards.api.answers import Json, described
from dashboards.deps import deps_of
from devices.health.clock import ClockRun
from devices.health.finding import Health
from devices.health.judge import charge_cycles, clock_run, device_health
from devices.presence.availability import Record, record_of

router = APIRouter(prefix="/devices", tags=["devices"])


class HealthFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a device by its readings of the last 24 hours, and its availability by month.

    ``battery_cycles``: how many full charges its battery gave in the last 30 days; 0 for one without a battery.
    """

    device: str
    health: Health
    battery_cycles: float
    clock: ClockRun
    record: Record


@router.get("/{device}/health", **described(HealthFile))
def health(request: Request, device: str, account: Annotated[Account, Depends(allow("devices.read"))]) -> Json:
    """A device's score with reasons, its availability by month against the target, MTBF and MTTR in seconds."""
    deps = deps_of(request)
    now = deps.clock.now()
    with db.read(deps.engine) as conn:
        record = record_of(conn, account.school, device, now, deps.school.zone)
        clock = clock_run(conn, deps.series, account.school, device, now)
        found = device_health(conn, deps.series, account.school, device, now, deps.school.zone, deps.rush)
    cycles = charge_cycles(deps.series, account.school, device, now)
    return Json(HealthFile(device=device, health=found, battery_cycles=cycles, clock=clock, record=record))
