"""An event does not wait until a batch is full; readings do."""

import threading
import time

from campus.mqtt.client import Message
from ingest.intake import Intake

LONG_S = 20.0


def said(channel: str) -> Message:
    return Message(f"campus/s/d/{channel}", b"{}", 1, False, 1, 1)


def taken(intake: Intake, wait_s: float) -> tuple[int, float]:
    begun = time.monotonic()
    return len(intake.take(100, wait_s)), time.monotonic() - begun


def test_an_event_ends_the_wait_for_a_batch_and_takes_along_what_is_there() -> None:
    intake = Intake()
    intake.put(said("telemetry"))
    late = threading.Timer(0.05, intake.put, (said("event"),))
    late.start()
    count, spent = taken(intake, LONG_S)
    late.join()
    assert count == 2
    assert spent < LONG_S / 2


def test_after_the_event_readings_are_waited_for_again() -> None:
    intake = Intake()
    intake.put(said("event"))
    assert taken(intake, LONG_S)[1] < LONG_S / 2
    intake.put(said("telemetry"))
    count, spent = taken(intake, 0.1)
    assert count == 1
    assert spent >= 0.09
