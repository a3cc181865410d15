"""Reads a school's iCalendar feed from a file or an address, again only when it changed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa

from attendance.calendar.feed import read_feed
from attendance.calendar.official import official_days
from attendance.calendar.schoolday import local_day
from attendance.calendar.store import put_feed, put_official
from campus import db
from campus.clock import Clock
from campus.errors import CampusError, NotFound, Unavailable
from campus.settings import Calendar, School

log = logging.getLogger("cli.joins.calendar_feed")
BEFORE, AHEAD = timedelta(days=31), timedelta(days=400)
TIMEOUT_S = 20.0
LARGEST = 4 * 1024 * 1024


class FeedReader:
    """One feed; remembers its ETag, so that a server can say that nothing changed."""

    def __init__(self, source: str, zone: ZoneInfo) -> None:
        self._source = source
        self._zone = zone
        self._marks: dict[str, str] = {}

    def read(self, conn: sa.Connection, school: str, now: datetime) -> str:
        """Take over what changed; returns what was done. Raises `Unavailable` or `ImportFileError`."""
        found = self._fetch()
        if found is None:
            return "the feed has not changed"
        text, marks = found
        today = local_day(now, self._zone)
        since, until = today - BEFORE, today + AHEAD
        feed = read_feed(text, since, until, self._zone)
        changed = put_feed(conn, school, feed, since, until)
        self._marks = marks  # not before it was taken over: what could not be read is asked for again
        told = f"{len(feed.days)} days and {len(feed.hours)} hours, {feed.passed_over} events passed over"
        return f"{told}: {'stored' if changed else 'nothing changed'}"

    def _fetch(self) -> tuple[bytes, dict[str, str]] | None:
        if not self._source.startswith(("http://", "https://")):
            try:
                return Path(self._source).read_bytes(), {}
            except OSError as error:
                raise Unavailable("the calendar feed", f"{self._source}: {error.strerror}") from None
        try:
            answer = httpx.get(self._source, headers=self._marks, timeout=TIMEOUT_S, follow_redirects=True)
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return None
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable("the calendar feed", type(error).__name__) from None  # an address may hold a key
        if len(answer.content) > LARGEST:
            raise Unavailable("the calendar feed", f"has {len(answer.content)} bytes; at most {LARGEST} are taken")
        names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        return answer.content, {ask: answer.headers[said] for said, ask in names.items() if said in answer.headers}


class CalendarKeeper:
    """Keeps the official days and the feed current, as ``[calendar]`` says; what fails is tried again the next time."""

    def __init__(self, engine: sa.Engine, settings: Calendar, school: School, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._school = school
        self._clock = clock
        self._reader = FeedReader(settings.feed, school.zone) if settings.feed else None

    def step(self) -> None:
        """Look at both."""
        now = self._clock.now()
        if self._settings.official == "cn":
            self._official(now)
        if self._reader is not None:
            try:
                with db.write(self._engine) as conn:
                    log.info("the calendar feed: %s", self._reader.read(conn, self._school.id, now))
            except CampusError as error:
                log.warning("%s; the calendar stays as it was", error)

    def _official(self, now: datetime) -> None:
        year = local_day(now, self._school.zone).year
        for wanted in (year, year + 1):
            try:
                days = official_days(wanted)
            except NotFound as error:
                if wanted == year:
                    log.warning("%s", error)
                continue
            with db.write(self._engine) as conn:
                put_official(conn, self._school.id, days)
