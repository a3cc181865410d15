"""The WebSocket of a page: origin, session and role first, then what was missed, then what happens."""

from __future__ import annotations

import anyio
import msgspec
from anyio.abc import TaskGroup
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from campus import db
from campus.clock import to_ms
from dashboards.access import audit
from dashboards.access.origin import ForeignOrigin, check_origin
from dashboards.access.people import session_token
from dashboards.access.sessions import token_hash
from dashboards.deps import Deps, deps_of
from dashboards.live import Client, Hub, resyncs
from dashboards.standing import Standing, Watch, Wish, standings

router = APIRouter()
PING_S = 5.0


@router.websocket("/live")
async def live(socket: WebSocket, page: str, after: int, class_id: str = "", school: str = "") -> None:
    """Follow what ``page`` shows from change ``after`` on; the bureau may follow another ``school`` on its overview."""
    try:
        check_origin(socket)
    except ForeignOrigin:
        await socket.close(1008)  # before accept: the browser gets 403 and learns nothing
        return
    wish = Wish(token_hash(session_token(socket) or ""), page, class_id, school)
    standing = await run_sync(_admit, deps_of(socket), wish)
    await socket.accept()
    if isinstance(standing, int):
        await socket.close(standing)
        return
    client, watch = Client(standing.viewer), socket.app.state.watch
    assert isinstance(watch, Watch)
    watch.add(client, wish, standing)
    try:
        await _serve(socket, client, after)
    finally:
        watch.remove(client)


def _admit(deps: Deps, wish: Wish) -> Standing | int:
    """As what the page may be followed, or the code to close with. Following a roll is logged as a look at it."""
    with db.read(deps.engine) as conn:
        standing = standings(conn, deps, [wish])[wish]
    if isinstance(standing, Standing) and wish.page == "roll":
        audit.look(deps.engine, deps.wall.now(), standing.account, "roll.live", wish.class_id)
    return standing


async def _serve(socket: WebSocket, client: Client, after: int) -> None:
    hub: Hub = socket.app.state.hub
    until = await hub.subscribe(client)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_until_gone, socket, group)
            group.start_soon(_ping, socket, hub, group)
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
            elif isinstance(encoded, int):
                await socket.close(encoded)
                break
            elif encoded.change.id > seen:
                await socket.send_text(client.text_for(encoded))
                seen = encoded.change.id
    except (WebSocketDisconnect, RuntimeError):
        pass  # gone: RuntimeError is what starlette raises for a socket closed meanwhile
    group.cancel_scope.cancel()


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


async def _ping(socket: WebSocket, hub: Hub, group: TaskGroup) -> None:
    """Every few seconds: the platform's time, and whether the stream is fresh."""
    clock = deps_of(socket).clock
    try:
        while True:
            beat = {"type": "ping", "now": to_ms(clock.now()), "fresh": hub.healthy}
            await socket.send_text(msgspec.json.encode(beat).decode())
            await anyio.sleep(PING_S)
    except (WebSocketDisconnect, RuntimeError):
        group.cancel_scope.cancel()
