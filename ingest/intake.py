"""The bounded place between the MQTT thread and the pipeline: messages wait here for their batch."""

from __future__ import annotations

import threading
import time
from collections import deque

from campus.mqtt import Message


class Intake:
    """A queue filled by the MQTT thread and emptied in batches by the pipeline.

    It needs no limit of its own: the broker never has more than the receive maximum unacknowledged, and nothing is
    acknowledged before it left the pipeline.
    """

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._arrived = threading.Event()

    def put(self, message: Message) -> None:
        """Take a message from the MQTT thread."""
        self._messages.append(message)
        if not self._arrived.is_set():
            self._arrived.set()

    def __len__(self) -> int:
        return len(self._messages)

    def take(self, at_most: int, wait_s: float) -> list[Message]:
        """The next batch: up to ``at_most`` messages, waiting at most ``wait_s`` real seconds for it to fill."""
        deadline = time.monotonic() + wait_s
        self._arrived.wait(wait_s)
        while len(self._messages) < at_most and (left := deadline - time.monotonic()) > 0:
            if not self._messages:
                self._arrived.clear()
                if not self._messages:
                    self._arrived.wait(left)
                    continue
            time.sleep(min(left, 0.005))
        self._arrived.clear()
        count = min(at_most, len(self._messages))
        if len(self._messages) > count:
            self._arrived.set()
        return [self._messages.popleft() for _ in range(count)]
