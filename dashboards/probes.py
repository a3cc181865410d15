"""What machines ask of the console: is it well, and its figures."""

from __future__ import annotations

import time

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campus import db
from campus.errors import Unavailable
from dashboards.deps import deps_of
from dashboards.gauges import DeviceGauges

router = APIRouter(include_in_schema=False)
_seconds = Histogram(
    "campus_console_request_seconds",
    "How long the console took to answer",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Whether the console can answer: 200 with its database, 503 without."""
    try:
        with db.read(deps_of(request).engine) as conn:
            conn.execute(sa.select(1))
    except Unavailable as error:
        return PlainTextResponse(f"{error}\n", status_code=503)
    return PlainTextResponse("ok\n")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """The figures of this process and of the school's devices for Prometheus; none of them tells of a person."""
    gauges: DeviceGauges = request.app.state.gauges
    return Response(generate_latest() + gauges.text(), media_type=CONTENT_TYPE_LATEST)


class Timed:
    """ASGI middleware that times every answer by its route, not by its address: addresses hold ids."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            _seconds.labels(route, str(status)).observe(time.perf_counter() - began)
