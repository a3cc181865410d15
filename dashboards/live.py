"""The live stream: the change log read once, encoded once, and handed to every console that may see it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from anyio.to_thread import run_sync
from prometheus_client import Counter, Gauge

from campus import changes, db
from campus.changes import Change
from campus.clock import to_ms
from campus.errors import Unavailable
from campus.tables import changes as change_log
from dashboards.deps import Deps

log = logging.getLogger("dashboards.live")
POLL_S = 0.01
LOOKS = 50  # of one errand of the worker thread: to be sent for each would cost more than to look
BACK_OFF_S = 1.0
QUEUE = 256  # a console this far behind gets a fresh snapshot instead
CATCH_UP = 500  # a reconnect that missed more than this, too

_clients = Gauge("campus_live_clients", "Consoles connected to the live stream")
_made = Counter("campus_live_messages", "Changes encoded for consoles")
resyncs = Counter("campus_live_resyncs", "Consoles told to start again from a snapshot", ["why"])

# Reads the rows that changes of one topic are about, as consoles show them, by the changes' keys.
RowReader = Callable[[sa.Connection, Sequence[Change]], Mapping[str, msgspec.Struct]]


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """What one open page follows: topics and, for what is about students, the classes (None: every one).

    Topics in ``rows`` arrive with their row; those in ``nudges`` only say that something changed, in one of
    ``schools``. Rows are read for the console's own school alone.
    """

    schools: frozenset[str]
    rows: frozenset[str] = frozenset()
    nudges: frozenset[str] = frozenset()
    classes: frozenset[str] | None = None

    def sees(self, change: Change) -> bool:
        """Whether this page is to hear of a change."""
        mine = change.school in self.schools and (change.topic in self.rows or change.topic in self.nudges)
        return mine and (self.classes is None or change.scope in self.classes)


class Encoded(NamedTuple):
    """A change as bytes for consoles, with and without its row; made once for all of them."""

    change: Change
    with_row: str
    nudge: str


class Client:
    """One console's place in the stream: a bounded queue of changes.

    None in it means: start again from a snapshot; a number: the stream is over, with this code.
    """

    def __init__(self, viewer: Viewer, size: int = QUEUE) -> None:
        self.viewer = viewer
        self.queue: asyncio.Queue[Encoded | int | None] = asyncio.Queue(maxsize=size)
        self.ended = False

    def offer(self, encoded: Encoded) -> None:
        """Queue a change without ever waiting; a full queue is emptied and asks for a resync instead."""
        if self.ended or not self.viewer.sees(encoded.change):
            return
        try:
            self.queue.put_nowait(encoded)
        except asyncio.QueueFull:
            self._instead(None)
            resyncs.labels("overflow").inc()

    def end(self, code: int) -> None:
        """Let this console hear nothing more, not even what waits for it."""
        self.ended = True
        self._instead(code)

    def _instead(self, last: int | None) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(last)

    def text_for(self, encoded: Encoded) -> str:
        """The message of a change as this console gets it."""
        return encoded.with_row if encoded.change.topic in self.viewer.rows else encoded.nudge


class Hub:
    """Reads the change log while anybody looks, and hands each change to the consoles that may see it.

    All methods are called on the event loop's thread; the database is read on a worker thread.
    """

    def __init__(self, deps: Deps, readers: Mapping[str, RowReader]) -> None:
        self._deps = deps
        self._readers = readers
        self._clients: set[Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = threading.Event()
        self._encoder = msgspec.json.Encoder()
        self.position = 0
        self.healthy = True

    async def subscribe(self, client: Client) -> int:
        """Add a console; return the id up to which it must catch up by itself: later changes are queued for it."""
        if not self._clients:
            position = await run_sync(self._newest)
            if not self._clients:
                self.position = max(self.position, position)
        self._clients.add(client)
        _clients.set(len(self._clients))
        if self._task is None or self._task.done():
            self._closed.clear()
            self._task = asyncio.create_task(self._follow(), name="live.hub")
        return self.position

    def unsubscribe(self, client: Client) -> None:
        """Forget a console; without any the reading ends."""
        self._clients.discard(client)
        _clients.set(len(self._clients))

    async def close(self) -> None:
        """End the reading task."""
        self._clients.clear()
        self._closed.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def missed(self, viewer: Viewer, after: int, until: int) -> list[Encoded] | None:
        """What a console missed after ``after`` up to ``until``, or None when that is too much or forgotten."""
        return await run_sync(self._missed, viewer, after, until)

    async def poll(self) -> int:
        """Wait a while for what is new and hand it out; return how many messages were made."""
        found, before = await run_sync(self._news), self.position
        wanted = [one for one in found if any(client.viewer.sees(one) for client in self._clients)]
        # At once with the question who wants it: whoever comes from here on catches up by itself as far as this.
        self.position = max(before, found[-1].id if found else 0)
        try:
            batch = await run_sync(self._read, wanted) if wanted else []
        except Unavailable:
            self.position = before  # nobody has heard of it yet
            raise
        for encoded in batch:
            for client in self._clients:
                client.offer(encoded)
        _made.inc(len(batch))
        return len(batch)

    async def _follow(self) -> None:
        while self._clients:
            try:
                await self.poll()
            except Unavailable as error:
                if self.healthy:
                    log.warning("the live stream waits: %s", error)
                self.healthy = False
                await asyncio.sleep(BACK_OFF_S)
                continue
            if not self.healthy:
                log.info("the live stream goes on")
            self.healthy = True

    def _newest(self) -> int:
        with db.read(self._deps.engine) as conn:
            return changes.last_id(conn)

    def _news(self) -> list[Change]:
        """The newest changes, as soon as there are some; none after `LOOKS`, or when the hub is closed."""
        for _ in range(LOOKS):
            with db.read(self._deps.engine) as conn:
                found = changes.since(conn, self.position)
            if found or self._closed.wait(POLL_S):
                return found
        return []

    def _read(self, wanted: list[Change]) -> list[Encoded]:
        with db.read(self._deps.engine) as conn:
            return self._encode(conn, wanted)

    def _missed(self, viewer: Viewer, after: int, until: int) -> list[Encoded] | None:
        with db.read(self._deps.engine) as conn:
            if after > changes.last_id(conn) or after + 1 < _oldest(conn):
                return None
            found = changes.since(conn, after, limit=CATCH_UP + 1)
            if len(found) > CATCH_UP:
                return None
            return self._encode(conn, [one for one in found if one.id <= until and viewer.sees(one)])

    def _encode(self, conn: sa.Connection, found: list[Change]) -> list[Encoded]:
        """Encode each thing that changed once, at its newest change: rows tell a state, not a step."""
        newest = {(one.school, one.topic, one.key): one for one in found}
        batch = sorted(newest.values(), key=lambda one: one.id)
        now, own = to_ms(self._deps.clock.now()), self._deps.school.id
        rows = {
            topic: reader(conn, mine)
            for topic, reader in self._readers.items()
            if (mine := [one for one in batch if one.topic == topic and one.school == own])
        }
        return [
            self._encode_one(one, rows.get(one.topic, {}).get(one.key) if one.school == own else None, now)
            for one in batch
        ]

    def _encode_one(self, change: Change, row: msgspec.Struct | None, now: int) -> Encoded:
        head = {"type": "change", "id": change.id, "topic": change.topic, "now": now}
        return Encoded(
            change,
            self._encoder.encode({**head, "key": change.key, "row": row}).decode(),
            # A page that may see no rows is not told which one changed either.
            self._encoder.encode(head).decode(),
        )


def _oldest(conn: sa.Connection) -> int:
    """The id of the oldest change that is still kept, 0 when there is none."""
    return int(conn.execute(sa.select(sa.func.coalesce(sa.func.min(change_log.c.id), 0))).scalar_one())
