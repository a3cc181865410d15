"""Serves the console with uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading

import uvicorn

from campus.errors import Unavailable
from dashboards.app import create_app
from dashboards.deps import Deps

GRACE_S = 3  # open consoles reconnect by themselves, so nothing is gained by waiting for them
LARGEST_MESSAGE = 4096  # a console has nothing to say on the stream
_CHECK_S = 0.2


def serve(deps: Deps, stop: threading.Event) -> None:
    """Serve until ``stop`` is set. Raises `Unavailable` when the address cannot be bound."""
    with listen(deps.dashboards.host, deps.dashboards.port) as listener:
        asyncio.run(_serve(server_for(deps), listener, stop))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises `Unavailable` naming the setting that mends it."""
    try:
        made = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        detail = f"{host}:{port} cannot be bound ({error.strerror}); set dashboards.host and dashboards.port"
        raise Unavailable("the console", detail) from None
    # Connections inherit it; without, an answer's body waits 40 ms until the browser acknowledges its head.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def server_for(deps: Deps) -> uvicorn.Server:
    """The server with its settings, not yet started."""
    config = uvicorn.Config(
        create_app(deps),
        log_config=None,  # the program's own logging; addresses of requests hold ids and are not logged
        access_log=False,
        server_header=False,
        # One console's messages would be compressed one by one: all cost and no gain, and much memory for each.
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_MESSAGE,
        ssl_certfile=deps.dashboards.cert_file,
        ssl_keyfile=deps.dashboards.key_file,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


async def _serve(server: uvicorn.Server, listener: socket.socket, stop: threading.Event) -> None:
    task = asyncio.create_task(server.serve(sockets=[listener]), name="console")
    while not stop.is_set() and not task.done():
        await asyncio.sleep(_CHECK_S)
    server.should_exit = True
    await task
