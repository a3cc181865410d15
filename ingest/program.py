"""`campus ingest`: the consumer loop that feeds the pipeline, retries with patience and drains at the end."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from campus.backoff import backoff
from campus.errors import Unavailable
from campus.settings import Ingest
from ingest.counters import FAILED_TICKS
from ingest.intake import Intake
from ingest.pipeline import Pipeline

log = logging.getLogger("ingest.program")
# Objects made between two looks of the garbage collector. A batch makes some hundred thousand that die young and lie in
# no cycle; at Python's default of 700 looking at them took a third of the time (docs/measurements.md).
OBJECTS_BETWEEN_LOOKS = 100_000


def consume(intake: Intake, pipeline: Pipeline, settings: Ingest, stop: threading.Event) -> None:
    """Take batches from ``intake`` through ``pipeline`` until ``stop`` is set."""
    wait_s = settings.batch_wait_ms / 1000
    with _rare_collections():
        while not stop.is_set():
            messages = intake.take(settings.batch_messages, 0 if pipeline.behind() else max(wait_s, 0.01))
            if messages:
                _persist(partial(pipeline.begin, messages), stop)
            if not len(intake):  # nothing to do beside the writing of the points
                _persist(pipeline.settle, stop)
            _tick(pipeline, stop)
        _persist(pipeline.settle, stop)


@contextmanager
def _rare_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _tick(pipeline: Pipeline, stop: threading.Event) -> None:
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


def _persist(step: Callable[[], None], stop: threading.Event) -> None:
    """Try a step until it is durable. Meanwhile the broker keeps the rest: nothing more is acknowledged."""
    attempt = 0
    while True:
        try:
            step()
            return
        except Unavailable as error:
            seconds = backoff(attempt)
            log.warning("%s; the batch is tried again", error, extra={"seconds": round(seconds, 2), "attempt": attempt})
            attempt += 1
            if stop.wait(seconds):
                return  # not acknowledged: the broker delivers it to the next run
