"""A broker inside a Python process, for machines without Mosquitto: speaks MQTT 3.1.1, forgets everything at a stop."""

from __future__ import annotations

import asyncio
import signal

from amqtt.broker import Broker


def run(port: int) -> int:
    """Serve on 127.0.0.1:``port`` until SIGTERM or SIGINT."""
    asyncio.run(_serve(port))
    return 0


async def _serve(port: int) -> None:
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await broker.start()
    await stop.wait()
    await broker.shutdown()
