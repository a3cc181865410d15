"""Tells systemd that the agent is ready, and that it still moves; without systemd nothing happens."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress


def notify(message: str, env: Mapping[str, str] = os.environ) -> None:
    """Send ``message`` to the supervisor, if there is one: the protocol of sd_notify(3)."""
    address = env.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.connect("\0" + address[1:] if address.startswith("@") else address)
        line.send(message.encode())


class Watchdog:
    """A sign of life, twice as often as it is awaited, as long as ``moves``: an agent that hangs is restarted."""

    def __init__(self, moves: Callable[[], bool], env: Mapping[str, str] = os.environ) -> None:
        self._moves = moves
        self._env = env
        awaited = env.get("WATCHDOG_USEC", "")
        self._every_s = int(awaited) / 2e6 if awaited.isdecimal() and int(awaited) else 10.0

    def run(self, stop: threading.Event) -> None:
        """Say that the agent is ready, and then that it lives, until ``stop`` is set."""
        notify("READY=1", self._env)
        while not stop.wait(self._every_s):
            if self._moves():
                notify("WATCHDOG=1", self._env)
