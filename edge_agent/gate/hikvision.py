"""A Hikvision terminal as a `PassSource`: its alert stream for what happens now, its log for what was missed.

The stream is opened first and the log is read then, so that nothing falls between the two; what comes twice is
recognised by its serial number. A hole in the serial numbers of the stream sends us to the log, too.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from campus.backoff import backoff
from campus.clock import Clock
from campus.errors import PayloadError, Unavailable
from campus.ids import new_id
from edge_agent.gate.isapi import LAST_SERIAL, AlertParts, Page, Record, read_alert, read_page
from edge_agent.gate.isapi_client import IsapiClient, LoginRefused, NotOffered
from edge_agent.gate.place import Place
from edge_agent.gate.settings import Gate, Hikvision
from edge_agent.gate.source import Pass
from edge_agent.login import read_login

log = logging.getLogger("edge.gate")
TICK_S = 0.2
SILENT_S = 60.0
LOCKED_S = 600.0  # terminals lock an account after five to seven wrong passwords, for half an hour
CLOCK_TOLERANCE = timedelta(minutes=5)
ROUND = 10_000  # entries of the log held in memory at once
_WAITING = 1000  # records between the terminal and the agent


class HikvisionTerminal:
    """One terminal. A record counts as told when `next` is called again after it: it is in the spool then."""

    def __init__(self, gate: Gate, settings: Hikvision, zone: ZoneInfo, clock: Clock, place_file: Path) -> None:
        self._gate = gate
        self._settings = settings
        self._zone = zone
        self._clock = clock
        self._by_card = settings.credential == "card"
        self._client = IsapiClient(settings.address, read_login(settings.login_file), settings.ca_file)
        self._place = Place(place_file)
        self._newest: Record | None = None  # the newest that was queued
        self._waiting: queue.Queue[Record] = queue.Queue(maxsize=_WAITING)
        self._current: Record | None = None
        self._closing = threading.Event()
        self._has_log = False
        self._connected = False
        self._health = {"replays": 0.0, "clock_jumps": 0.0, "bad_alerts": 0.0, "login_refused": 0.0}
        self._heard = clock.now()
        self._thread = threading.Thread(target=self._follow, name=f"gate[{gate.id}].isapi", daemon=True)
        self._thread.start()

    def next(self, stop: threading.Event) -> Pass | None:
        """The next pass; everything before it counts as told."""
        while not stop.is_set():
            self._count_as_told()
            try:
                self._current = self._waiting.get(timeout=TICK_S)
            except queue.Empty:
                self._current = None
                continue
            if self._current.number is not None:
                return self._pass_of(self._current, self._current.number)
        self._count_as_told()
        self.close()
        return None

    def close(self) -> None:
        """Leave the terminal; what was not told is asked for again by the next run."""
        self._closing.set()
        self._client.interrupt()
        self._place.keep()
        self._thread.join(timeout=5)

    def health(self) -> dict[str, float]:
        """Whether the stream is open, seconds since anything was heard, and what was wrong so far."""
        silent = (self._clock.now() - self._heard).total_seconds()
        return {"connected": float(self._connected), "terminal_silent_s": round(max(0.0, silent), 1), **self._health}

    def reachable(self) -> bool:
        """Whether the alert stream is open, or was until a moment ago."""
        return self._connected or (self._clock.now() - self._heard).total_seconds() < SILENT_S

    # -- the agent's thread ----------------------------------------------------------------------------------------

    def _count_as_told(self) -> None:
        if self._current is None:
            return
        self._place.told(self._current)
        self._current = None
        if self._waiting.empty():
            self._place.keep()

    def _pass_of(self, record: Record, number: str) -> Pass:
        direction = self._settings.readers.get(record.reader or "")
        return Pass(number, direction, record.serial, record.at)

    # -- the terminal's thread -------------------------------------------------------------------------------------

    def _follow(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            wait_s = backoff(attempt)
            try:
                self._listen()
                attempt = 0
            except LoginRefused as error:
                self._health["login_refused"] += 1
                log.error("%s: mend %s", error, self._settings.login_file, extra={"gate": self._gate.id})
                wait_s = LOCKED_S
            except (Unavailable, PayloadError) as error:
                if attempt == 0 and not self._closing.is_set():
                    log.warning("%s", error, extra={"gate": self._gate.id})
                attempt = 0 if self._connected else attempt + 1
            self._connected = False
            self._closing.wait(wait_s)
        self._client.close()

    def _listen(self) -> None:
        with self._client.alerts() as (content_type, chunks):
            parts = AlertParts(content_type)
            self._catch_up(self._next_serial())
            self._connected = True
            for chunk in chunks:
                self._heard = self._clock.now()
                for text in parts.feed(chunk):
                    self._hear(text)
                if self._closing.is_set():
                    return

    def _hear(self, text: bytes) -> None:
        try:
            record = read_alert(text, self._zone, by_card=self._by_card)
        except PayloadError as error:
            self._health["bad_alerts"] += 1
            log.warning("an alert cannot be understood: %s", error.reason, extra={"gate": self._gate.id})
            return
        if record is None:
            return
        if self._is_replay(record):
            self._health["replays"] += 1
            return
        expected = self._next_serial()
        if self._has_log and expected is not None and record.serial != expected:
            self._catch_up(1 if record.serial < expected else expected, before=record.serial)
        self._put(self._in_time(record))

    def _is_replay(self, record: Record) -> bool:
        newest = self._newest
        queued = newest is not None and record.serial <= newest.serial and record.at <= newest.at
        return queued or self._place.is_replay(record)

    def _in_time(self, record: Record) -> Record:
        """What happens now but is dated otherwise happened now: the terminal's clock has jumped."""
        now = self._clock.now()
        happens_now = record.current is True or (self._has_log and record.current is None)
        if not happens_now or abs(record.at - now) <= CLOCK_TOLERANCE:
            return record
        self._health["clock_jumps"] += 1
        log.warning("a terminal's clock is wrong; mend it", extra={"gate": self._gate.id})
        return msgspec.structs.replace(record, at=now)

    # -- the terminal's log ----------------------------------------------------------------------------------------

    def _catch_up(self, first: int | None, before: int = LAST_SERIAL) -> None:
        """Queue the entries from ``first`` on (None: the newest hours) that come ``before`` a serial number."""
        try:
            while self._round(first, before):
                first = self._next_serial()
            self._has_log = True
        except NotOffered as error:
            self._has_log = False
            log.info("%s: only what it streams is known", error, extra={"gate": self._gate.id})

    def _next_serial(self) -> int | None:
        """The serial number that should come next; None of a terminal that is heard for the first time."""
        newest = self._place.serial if self._newest is None else self._newest.serial
        return newest + 1 if newest else None

    def _round(self, first: int | None, before: int) -> bool:
        """Queue at most about `ROUND` entries in their order; whether there are more."""
        found: list[Record] = []
        position, search = 0, new_id()
        since = self._beginning() if first is None else None
        more = True
        while more and len(found) < ROUND:
            page = self._page(position, search, first, since)
            found += (one for one in page.records if one.serial < before and (since is None or one.at >= since))
            position += page.entries
            more = page.more and page.entries > 0
        return self._queue_in_order(found) > 0 and more

    def _page(self, position: int, search: str, first: int | None, since: datetime | None) -> Page:
        answer = self._client.search(position, search, first, since)
        page = read_page(answer, self._zone, by_card=self._by_card)
        self._health["bad_alerts"] += page.entries - len(page.records)
        self._heard = self._clock.now()
        return page

    def _beginning(self) -> datetime:
        return (self._clock.now() - timedelta(hours=self._settings.history_hours)).astimezone(self._zone)

    def _queue_in_order(self, records: Iterable[Record]) -> int:
        """Queue what is new; how many were."""
        new = [one for one in sorted(records, key=lambda one: one.serial) if not self._is_replay(one)]
        for record in new:
            self._put(record)
        return len(new)

    def _put(self, record: Record) -> None:
        self._newest = record
        while not self._closing.is_set():
            try:
                self._waiting.put(record, timeout=TICK_S)
            except queue.Full:
                continue
            return
