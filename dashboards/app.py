"""The web application: pages, JSON interface, live stream and their guards, joined into one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from campus import __version__
from dashboards import probes, problems, socket
from dashboards.access.provider import provider_of
from dashboards.access.rates import RateLimits
from dashboards.access.sealing import sealer_of
from dashboards.api import access_log as access_log_api
from dashboards.api import accounts as accounts_api
from dashboards.api import alarms as alarms_api
from dashboards.api import assets as assets_api
from dashboards.api import bundle as bundle_api
from dashboards.api import channels as channels_api
from dashboards.api import city as city_api
from dashboards.api import coverage as coverage_api
from dashboards.api import device_control as device_control_api
from dashboards.api import device_health as device_health_api
from dashboards.api import device_report as device_report_api
from dashboards.api import devices as devices_api
from dashboards.api import discovery as discovery_api
from dashboards.api import dormitories as dormitories_api
from dashboards.api import drawing as drawing_api
from dashboards.api import duty as duty_api
from dashboards.api import enrolment as enrolment_api
from dashboards.api import firmware as firmware_api
from dashboards.api import guardian_sheet
from dashboards.api import guardians as guardians_api
from dashboards.api import handing as handing_api
from dashboards.api import illness as illness_api
from dashboards.api import incident_report as incident_report_api
from dashboards.api import leave as leave_api
from dashboards.api import ledger as ledger_api
from dashboards.api import load as load_api
from dashboards.api import maintenance as maintenance_api
from dashboards.api import me as me_api
from dashboards.api import muster as muster_api
from dashboards.api import platform as platform_api
from dashboards.api import reports as reports_api
from dashboards.api import roll as roll_api
from dashboards.api import rollouts as rollouts_api
from dashboards.api import roster as roster_api
from dashboards.api import rosters as rosters_api
from dashboards.api import routes as routes_api
from dashboards.api import rules as rules_api
from dashboards.api import saved_views as saved_views_api
from dashboards.api import sign_on as sign_on_api
from dashboards.api import site as site_api
from dashboards.api import student as student_api
from dashboards.api import tokens as tokens_api
from dashboards.api import trust as trust_api
from dashboards.api import upkeep as upkeep_api
from dashboards.api import upkeep_plans as upkeep_plans_api
from dashboards.api import vitals as vitals_api
from dashboards.api import warnings as warnings_api
from dashboards.api.answers import describe, operation_id
from dashboards.api.conditional import Conditional
from dashboards.assets import static_app, static_root
from dashboards.deps import Deps
from dashboards.gauges import DeviceGauges
from dashboards.import_steps import ImportSteps
from dashboards.live import Hub
from dashboards.pages import (
    ack,
    admin,
    console,
    coverage,
    device,
    devices,
    drawing,
    enrolment,
    firmware,
    guardians,
    guide,
    illness,
    leave,
    load,
    me,
    muster,
    on_site,
    overview,
    roll,
    rollouts,
    roster,
    routes,
    rules,
    sign_in,
    sign_on,
    student,
    telling,
    upkeep,
    warnings,
)
from dashboards.replays import Replays
from dashboards.security import SecurityHeaders
from dashboards.standing import Watch
from dashboards.views.readers import readers

API = "/api/v1"
_PAGES = (
    sign_in,
    sign_on,
    ack,
    console,
    load,
    roll,
    student,
    warnings,
    leave,
    guardians,
    illness,
    muster,
    on_site,
    devices,
    upkeep,
    firmware,
    rollouts,
    device,
    coverage,
    overview,
    enrolment,
    admin,
    me,
    guide,
    rules,
    routes,
    telling,
    roster,
    drawing,
    probes,
    socket,
)
_PARTS = (
    me_api,
    saved_views_api,
    rules_api,
    routes_api,
    roster_api,
    duty_api,
    drawing_api,
    handing_api,
    alarms_api,
    bundle_api,
    channels_api,
    load_api,
    roll_api,
    student_api,
    warnings_api,
    reports_api,
    leave_api,
    guardians_api,
    guardian_sheet,
    illness_api,
    muster_api,
    incident_report_api,
    devices_api,
    coverage_api,
    assets_api,
    ledger_api,
    discovery_api,
    maintenance_api,
    upkeep_api,
    upkeep_plans_api,
    device_health_api,
    device_report_api,
    device_control_api,
    firmware_api,
    rollouts_api,
    site_api,
    city_api,
    dormitories_api,
    enrolment_api,
    trust_api,
    platform_api,
    accounts_api,
    vitals_api,
    sign_on_api,
    access_log_api,
    tokens_api,
    rosters_api,
)


def create_app(deps: Deps) -> FastAPI:
    """The console on ``deps``. It opens no connection before the first request."""
    hub, watch = Hub(deps, readers(deps)), Watch(deps)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await watch.close()
        await hub.close()

    app = FastAPI(
        title="Campus safety",
        version=__version__,
        lifespan=life,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        routes=list(_routes()),
    )
    app.state.deps = deps
    app.state.hub = hub
    app.state.watch = watch
    app.state.gauges = DeviceGauges(deps)
    sealer_of(deps.dashboards.account_key)  # a key that cannot be used is said at the start
    app.state.provider = provider_of(deps.sign_on, deps.dashboards.base_url, deps.wall)
    app.state.replays = Replays(deps.replay)
    app.state.import_steps = ImportSteps()
    app.mount(static_root(), static_app(), name="static")
    problems.install(app)
    describe(app)
    # The outermost is added last: also the answer to an error carries the headers.
    app.add_middleware(Conditional)
    app.add_middleware(RateLimits, clock=deps.wall, per_minute=deps.dashboards.api_per_minute)
    app.add_middleware(probes.Timed)
    app.add_middleware(SecurityHeaders, https=deps.dashboards.secure_cookies)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """All pages and parts of the interface: joined once, since an app takes most of its making to prepare them."""
    joined = APIRouter(generate_unique_id_function=operation_id)
    for page in _PAGES:
        joined.include_router(page.router)
    for part in _PARTS:
        joined.include_router(part.router, prefix=API)
    return joined.routes
