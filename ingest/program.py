"""`campus ingest`: the consumer loop that feeds the pipeline, retries with patience and drains at the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from campus.errors import Unavailable
from campus.mqtt import Message, backoff
from campus.settings import Ingest
from ingest.counters import FAILED_TICKS
from ingest.intake import Intake
from ingest.pipeline import Pipeline

log = logging.getLogger("ingest.program")


def consume(intake: Intake, pipeline: Pipeline, settings: Ingest, stop: threading.Event) -> None:
    """Take batches from ``intake`` through ``pipeline`` until ``stop`` is set."""
    wait_s = settings.batch_wait_ms / 1000
    while not stop.is_set():
        messages = intake.take(settings.batch_messages, max(wait_s, 0.01))
        if messages:
            _persist(pipeline, messages, stop)
        try:
            pipeline.tick()
        except Unavailable as error:
            log.warning("%s; the tick waits", error)
            stop.wait(1.0)
        except Exception:
            # What is due stays due and is tried again; messages must not wait for it.
            FAILED_TICKS.inc()
            log.exception("a tick failed and is tried again")
            stop.wait(1.0)


def _persist(pipeline: Pipeline, messages: Sequence[Message], stop: threading.Event) -> None:
    """Try a batch until it is durable. Meanwhile the broker keeps the rest: nothing more is acknowledged."""
    attempt = 0
    while True:
        try:
            pipeline.process(messages)
            return
        except Unavailable as error:
            seconds = backoff(attempt)
            log.warning("%s; the batch is tried again", error, extra={"seconds": round(seconds, 2), "attempt": attempt})
            attempt += 1
            if stop.wait(seconds):
                return  # not acknowledged: the broker delivers it to the next run
