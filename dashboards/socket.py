"""The WebSocket of a page: origin, session and role first, then what was missed, then what happens."""

from __future__ import annotations

import anyio
import msgspec
import sqlalchemy as sa
from anyio.abc import TaskGroup
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from campus import db
from campus.clock import to_ms
from campus.errors import NotFound
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import ForeignOrigin, check_origin
from dashboards.access.people import signed_in
from dashboards.access.roles import Right, may
from dashboards.city.scope import school_of, schools_of
from dashboards.deps import deps_of
from dashboards.live import Client, Hub, Viewer, resyncs
from dashboards.views.classes import own_class

router = APIRouter()
PING_S = 5.0
# Close codes the page's script knows (4000-4999 are for applications).
SESSION_ENDED = 4401
NOT_YOURS = 4403


class Page(msgspec.Struct, frozen=True):
    """What a page follows, and the right it takes."""

    right: Right
    rows: frozenset[str] = frozenset()
    nudges: frozenset[str] = frozenset()


# A role that may see numbers only is nudged and asks again; no row of an alarm or a student reaches it.
PAGES: dict[str, Page] = {
    "console": Page("alarms.read", rows=frozenset({"alarm", "site", "device"})),
    "roll": Page("roll.read", rows=frozenset({"roll"})),
    "muster": Page("muster.read", nudges=frozenset({"muster", "site"})),
    "devices": Page("devices.read", rows=frozenset({"device"})),
    "device": Page("devices.read", rows=frozenset({"device"})),
    "coverage": Page("devices.read", nudges=frozenset({"device", "alarm"})),
    "on-site": Page("site.read", nudges=frozenset({"site", "roll"})),
    "overview": Page("overview.read", nudges=frozenset({"alarm", "roll", "device", "site"})),
    "city": Page("city.read", nudges=frozenset({"alarm", "city"})),
    "admin": Page("platform.read"),
}


@router.websocket("/live")
async def live(socket: WebSocket, page: str, after: int, class_id: str = "", school: str = "") -> None:
    """Follow what ``page`` shows from change ``after`` on; the bureau may follow another ``school`` on its overview."""
    try:
        check_origin(socket)
    except ForeignOrigin:
        await socket.close(1008)  # before accept: the browser gets 403 and learns nothing
        return
    account = await run_sync(signed_in, socket)
    await socket.accept()
    if account is None:
        await socket.close(SESSION_ENDED)
        return
    viewer = await run_sync(_admit, socket, account, page, class_id, school)
    if viewer is None:
        await socket.close(NOT_YOURS)
        return
    await _serve(socket, Client(viewer), after, page)


def _admit(socket: WebSocket, account: Account, page: str, class_id: str, school: str) -> Viewer | None:
    """What the person may follow here, or None. Following a roll is logged as a look at it."""
    deps, known = deps_of(socket), PAGES.get(page)
    if known is None or not may(account.role, known.right):
        return None
    with db.read(deps.engine) as conn:
        followed = _school(conn, account, page, school)
    if followed is None:
        return None
    viewer = Viewer(schools=followed, rows=known.rows, nudges=known.nudges)
    if page != "roll":
        return viewer
    with db.read(deps.engine) as conn:
        if not own_class(conn, account, class_id):
            return None
    with db.write(deps.engine) as conn:
        audit.record(conn, deps.wall.now(), account, "roll.live", class_id)
    return msgspec.structs.replace(viewer, scope=class_id)


def _school(conn: sa.Connection, account: Account, page: str, school: str) -> frozenset[str] | None:
    """The schools whose changes a page follows: the own one but on overview and city; None: not for this account."""
    if page == "city":
        return schools_of(conn, account)
    if page != "overview":
        return frozenset({account.school})
    try:
        return frozenset({school_of(conn, account, school)})
    except NotFound:
        return None


async def _serve(socket: WebSocket, client: Client, after: int, page: str) -> None:
    hub: Hub = socket.app.state.hub
    until = await hub.subscribe(client)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_until_gone, socket, group)
            group.start_soon(_ping, socket, hub, group, page)
            await _send(socket, client, hub, after, until, group)
    finally:
        hub.unsubscribe(client)


async def _send(socket: WebSocket, client: Client, hub: Hub, after: int, until: int, group: TaskGroup) -> None:
    try:
        seen = await _catch_up(socket, client, hub, after, until)
        while True:
            encoded = await client.queue.get()
            if encoded is None:
                await socket.send_text('{"type":"resync"}')
            elif encoded.change.id > seen:
                await socket.send_text(client.text_for(encoded))
                seen = encoded.change.id
    except (WebSocketDisconnect, RuntimeError):
        group.cancel_scope.cancel()  # gone: RuntimeError is what starlette raises for a socket closed meanwhile


async def _catch_up(socket: WebSocket, client: Client, hub: Hub, after: int, until: int) -> int:
    """Send what was missed, or ask for a resync; return the id up to which the console has seen everything."""
    missed = await hub.missed(client.viewer, after, until)
    if missed is None:
        resyncs.labels("missed too much").inc()
        await socket.send_text('{"type":"resync"}')
        return until
    for encoded in missed:
        await socket.send_text(client.text_for(encoded))
    return max(after, until)


async def _until_gone(socket: WebSocket, group: TaskGroup) -> None:
    """Read (and ignore) what the console says, to notice when it leaves."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        group.cancel_scope.cancel()


async def _ping(socket: WebSocket, hub: Hub, group: TaskGroup, page: str) -> None:
    """Every few seconds: the platform's time, whether the stream is fresh, and whether the person still may look."""
    deps = deps_of(socket)
    try:
        while True:
            beat = {"type": "ping", "now": to_ms(deps.clock.now()), "fresh": hub.healthy}
            await socket.send_text(msgspec.json.encode(beat).decode())
            await anyio.sleep(PING_S)
            account = await run_sync(signed_in, socket)
            if account is None or not may(account.role, PAGES[page].right):
                await socket.close(SESSION_ENDED)
                group.cancel_scope.cancel()
                return
    except (WebSocketDisconnect, RuntimeError):
        group.cancel_scope.cancel()
