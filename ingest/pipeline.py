"""From a batch of messages to truth: one transaction, the series write beside it, the acknowledgement last."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import sqlalchemy as sa

from campus import db
from campus.clock import Clock
from campus.envelope import Envelope
from campus.errors import PayloadError, Unavailable
from campus.events import Event, Readings
from campus.mqtt.client import Message
from campus.series.store import Point, WriteResult
from campus.stage import Backlogged, Stage
from campus.topics import ROOT
from ingest import deadletters
from ingest.counters import BATCH, DEAD, MESSAGES, RETRIES, SECONDS
from ingest.door import DeadLetter, Door, UnknownDevice
from ingest.foreign.door import ForeignDoor
from ingest.sink import SeriesSink, letter_of

log = logging.getLogger("ingest.pipeline")
TICK = timedelta(seconds=1)
NATIVE = f"{ROOT}/"


class Quarantine(Protocol):
    """What the pipeline asks of the registry when an unknown device speaks: remember it."""

    def __call__(
        self, conn: sa.Connection, school: str, device: str, topic: str, now: datetime, payload: bytes
    ) -> None:
        """Count the message and keep when and on which topic the device was last heard, and what it said."""
        ...


class Batch(msgspec.Struct, frozen=True):
    """A batch past the door."""

    envelopes: tuple[Envelope, ...]
    letters: tuple[DeadLetter, ...]
    strangers: tuple[tuple[UnknownDevice, bytes], ...]
    points: tuple[Point, ...]


class Written(msgspec.Struct, frozen=True):
    """A batch whose transaction is durable, and whose points may still be on their way."""

    messages: Sequence[Message]
    batch: Batch
    writing: Future[WriteResult] | None
    now: datetime
    started: float


def _nowhere(step: str) -> None:
    """The steps between receive and acknowledge have names, so that a test can end the process at each."""


class Pipeline:
    """Runs batches through the door, the stages and the sink.

    ``acknowledge`` is called with a batch's messages when everything they caused is durable, and never before.
    One thread calls `begin`, `settle` and `tick`. The points of one batch are written while the next is decoded: that
    is why a batch is taken in two steps.
    """

    def __init__(
        self,
        engine: sa.Engine,
        door: Door,
        stages: Sequence[Stage],
        sink: SeriesSink,
        clock: Clock,
        acknowledge: Callable[[Sequence[Message]], None],
        quarantine: Quarantine,
        checkpoint: Callable[[str], None] = _nowhere,
        foreign: ForeignDoor | None = None,
    ) -> None:
        self._engine = engine
        self._door = door
        self._stages = tuple(stages)
        self._sink = sink
        self._clock = clock
        self._acknowledge = acknowledge
        self._quarantine = quarantine
        self._checkpoint = checkpoint
        self._foreign = foreign
        self._ticked: datetime | None = None
        self._open: Written | None = None

    def process(self, messages: Sequence[Message]) -> None:
        """Take one batch to the end. Raises `Unavailable` when the database is away: the same batch can come again."""
        self.begin(messages)
        self.settle()

    def begin(self, messages: Sequence[Message]) -> None:
        """Take a batch as far as its transaction, after settling the one before. Raises `Unavailable` as `process`."""
        started = time.perf_counter()
        self._checkpoint("received")
        now = self._clock.now()
        batch = self._enter(messages, now)
        self._checkpoint("decoded")
        self.settle()
        writing = self._sink.start(batch.points)
        try:
            self._commit(batch, now, spool=writing is None)
        except Unavailable:
            RETRIES.labels("database").inc()
            self._wait_for(writing)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stage raises, the rest of the batch must go on
            self._wait_for(writing)
            if len(messages) > 1:
                self._one_by_one(messages, error)
                return
            self._bury_poison(messages[0], error, now)
            writing = None
        else:
            self._checkpoint("committed")
        self._open = Written(messages, batch, writing, now, started)

    def settle(self) -> None:
        """Wait until the points of the batch begun last are durable, and acknowledge it. May be repeated after
        `Unavailable`.
        """
        if (done := self._open) is None:
            return
        self._finish(done)
        self._checkpoint("stored")
        self._acknowledge(done.messages)
        self._checkpoint("acknowledged")
        self._open = None
        MESSAGES.labels("taken").inc(len(done.batch.envelopes))
        BATCH.observe(len(done.messages))
        SECONDS.observe(time.perf_counter() - done.started)

    def tick(self) -> None:
        """Let the stages do what became due; once a second of clock time and while one is `behind`."""
        now = self._clock.now()
        if self._ticked is None or now - self._ticked >= TICK or self.behind():
            self._transact(lambda conn: self._tick_stages(conn, now))
            self._ticked = now

    def behind(self) -> bool:
        """Whether a stage left due work to the next tick, which should come after the messages that wait by now."""
        return any(stage.behind() for stage in self._stages if isinstance(stage, Backlogged))

    # -- the door --------------------------------------------------------------------------------------------------

    def _enter(self, messages: Sequence[Message], now: datetime) -> Batch:
        envelopes: list[Envelope] = []
        letters: list[DeadLetter] = []
        strangers: list[tuple[UnknownDevice, bytes]] = []
        for message in messages:
            wrong: Sequence[PayloadError] = ()
            try:
                if self._foreign is None or message.topic.startswith(NATIVE):
                    envelopes.append(self._door.enter(message, now))
                    continue
                found = self._foreign.enter(message, now)
                envelopes += found.envelopes
                wrong = found.strangers
            except PayloadError as error:
                wrong = (error,)
            for one in wrong:
                letters.append(DeadLetter(message.topic, message.payload, one.reason, one.detail, message.dup))
                DEAD.labels(one.reason).inc()
                if isinstance(one, UnknownDevice):
                    strangers.append((one, message.payload))
        return Batch(tuple(envelopes), tuple(letters), tuple(strangers), tuple(points_of(envelopes)))

    # -- the transaction -------------------------------------------------------------------------------------------

    def _commit(self, batch: Batch, now: datetime, *, spool: bool) -> None:
        def work(conn: sa.Connection) -> None:
            deadletters.bury(conn, batch.letters, now)
            for stranger, payload in batch.strangers:
                self._quarantine(conn, stranger.school, stranger.device, stranger.topic, now, payload)
            self._run_stages(conn, self._fresh(conn, batch.envelopes, now), now)
            if spool:
                self._sink.spool(conn, batch.points, now)
            self._checkpoint("written")

        self._transact(work)

    def _transact(self, work: Callable[[sa.Connection], None]) -> None:
        try:
            with db.write(self._engine) as conn:
                work(conn)
        except BaseException:
            for stage in self._stages:
                stage.rolled_back()
            raise
        for stage in self._stages:
            stage.committed()

    def _fresh(self, conn: sa.Connection, envelopes: Sequence[Envelope], now: datetime) -> list[Envelope]:
        """The envelopes without the events that were taken before, in this batch or an earlier one."""
        ids = [envelope.id for envelope in envelopes if isinstance(envelope.body, Event)]
        new = deadletters.remember(conn, ids, now)
        fresh = []
        for envelope in envelopes:
            if not isinstance(envelope.body, Event) or envelope.id in new:
                fresh.append(envelope)
                new.discard(envelope.id)
        MESSAGES.labels("duplicate").inc(len(envelopes) - len(fresh))
        return fresh

    def _run_stages(self, conn: sa.Connection, envelopes: list[Envelope], now: datetime) -> None:
        for stage in self._stages:
            if envelopes:
                envelopes = [*envelopes, *stage.handle(conn, envelopes, now)]

    def _tick_stages(self, conn: sa.Connection, now: datetime) -> None:
        facts: list[Envelope] = []
        for stage in self._stages:
            if facts:
                facts = [*facts, *stage.handle(conn, facts, now)]
            facts = [*facts, *stage.tick(conn, now)]

    # -- after it --------------------------------------------------------------------------------------------------

    def _finish(self, done: Written) -> None:
        if done.writing is None:
            return
        try:
            rejected = self._sink.finish(done.writing)
        except Unavailable:
            with db.write(self._engine) as conn:
                self._sink.spool(conn, done.batch.points, done.now)
            return
        if rejected:
            with db.write(self._engine) as conn:
                deadletters.bury(conn, map(letter_of, rejected), done.now)

    def _wait_for(self, writing: Future[WriteResult] | None) -> None:
        """The batch comes again; its points may have been stored already, which does no harm."""
        if writing is not None:
            writing.exception()

    def _one_by_one(self, messages: Sequence[Message], error: Exception) -> None:
        """A stage failed on this batch: find the message it failed on, so that it holds up nothing else."""
        log.error("a batch failed; taking its messages one by one: %s", type(error).__name__)
        for message in messages:
            self.process([message])

    def _bury_poison(self, message: Message, error: Exception, now: datetime) -> None:
        log.error("a message broke a stage and is put among the dead letters", exc_info=error)
        letter = DeadLetter(message.topic, message.payload, "broke a stage", f"{type(error).__name__}: {error}")
        DEAD.labels(letter.reason).inc()
        with db.write(self._engine) as conn:
            deadletters.bury(conn, [letter], now)


def points_of(envelopes: Sequence[Envelope]) -> list[Point]:
    """Every value of every reading as a point of its series."""
    return [
        Point(envelope.source.school, envelope.source.device, metric, reading.ts, float(value))
        for envelope in envelopes
        if isinstance(envelope.body, Readings)
        for reading in envelope.body.items
        for metric, value in reading.values.items()
    ]
