"""The bounded place between the MQTT thread and the pipeline: messages wait here for their batch."""

from __future__ import annotations

import threading
import time
from collections import deque

from campus.mqtt.client import Message
from campus.topics import Channel

EVENT = f"/{Channel.EVENT}"


class Intake:
    """A queue filled by the MQTT thread and emptied in batches by the pipeline.

    It needs no limit of its own: the broker never has more than the receive maximum unacknowledged, and nothing is
    acknowledged before it left the pipeline.
    """

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._arrived = threading.Event()
        self._urgent = False  # an event is among them: it may be an alarm, and a batch must not be waited for

    def put(self, message: Message) -> None:
        """Take a message from the MQTT thread."""
        self._messages.append(message)
        if message.topic.endswith(EVENT):
            self._urgent = True
        if not self._arrived.is_set():
            self._arrived.set()

    def __len__(self) -> int:
        return len(self._messages)

    def take(self, at_most: int, wait_s: float) -> list[Message]:
        """The next batch: up to ``at_most`` messages, waiting at most ``wait_s`` real seconds for it to fill.

        An event ends the wait: while it is being written the next messages gather anyway.
        """
        deadline = time.monotonic() + wait_s
        self._arrived.wait(wait_s)
        while len(self._messages) < at_most and not self._urgent and (left := deadline - time.monotonic()) > 0:
            if not self._messages:
                self._arrived.clear()
                if not self._messages:
                    self._arrived.wait(left)
                    continue
            time.sleep(min(left, 0.002))
        self._arrived.clear()
        self._urgent = False
        count = min(at_most, len(self._messages))
        if len(self._messages) > count:
            self._arrived.set()
        return [self._messages.popleft() for _ in range(count)]
