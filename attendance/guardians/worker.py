"""The worker that tells guardians: looks at days that changed, writes letters, and sends them."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import sqlalchemy as sa

from attendance.guardians import letters, looks, news, overtaken
from attendance.guardians.notices import Timing
from attendance.guardians.ports import Answer, Letter, Post
from campus import db
from campus.clock import Clock
from campus.errors import Unavailable
from campus.ids import new_id

log = logging.getLogger(__name__)
POLL_S = 1.0
PAUSE_AFTER_FAILURE_S = 5.0
HOUSEKEEPING = timedelta(hours=6)


class GuardianWorker:
    """Does what is left to do after the marks. Several may run: each look and each letter is claimed by one.

    ``clock`` is the school's time. ``keep`` is how long notices and letters stay.
    """

    def __init__(self, engine: sa.Engine, post: Post, clock: Clock, timing: Timing, keep: timedelta) -> None:
        self._engine = engine
        self._post = post
        self._clock = clock
        self._timing = timing
        self._keep = keep
        self._owner = new_id()
        self._tidied_at = clock.now()

    def run_once(self) -> int:
        """Do everything that is due now; returns how many looks, letters and attempts were made."""
        done = 0
        while step := self._prepare() + self._send():
            done += step
        return done

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        while not stop.is_set():
            try:
                done = self._prepare() + self._send() + self._tidy()
            except Unavailable as error:
                log.warning("messages to guardians wait: %s", error)
                done = stop.wait(PAUSE_AFTER_FAILURE_S)
            except Exception:  # one bad row must not end the telling of all others
                log.exception("telling guardians failed and goes on")
                done = stop.wait(PAUSE_AFTER_FAILURE_S)
            if not done:
                self._clock.wait(stop, POLL_S)

    def _prepare(self) -> int:
        """Looks before letters, in one transaction: a letter never says what is no longer so."""
        now = self._clock.now()
        with db.read(self._engine) as conn:  # look first: the write lock belongs to the pipeline
            if not (looks.is_due(conn, now) or letters.is_due(conn, now)):
                return 0
        with db.write(self._engine) as conn:
            looked = news.look(conn, self._timing, now)
            overtaken.sweep(conn, now)
            written = letters.bundle(conn, self._post, self._timing, now) if looked < looks.AT_ONCE else 0
        return looked + written

    def _send(self) -> int:
        with db.read(self._engine) as conn:
            if not letters.is_queued(conn, self._clock.now()):
                return 0
        with db.write(self._engine) as conn:
            letter = letters.lease(conn, self._owner, self._clock.now())
        if letter is None:
            return 0
        answer = self._attempt(letter)
        with db.write(self._engine) as conn:
            letters.finish(conn, letter, answer, self._owner, self._timing, self._clock.now())
        return 1

    def _attempt(self, letter: Letter) -> Answer:
        try:
            return self._post.send(letter)
        except Exception as error:  # a fault of ours must not cost the message
            log.exception("sending a letter failed", extra={"school": letter.school})
            return Answer(result="temporary", detail=type(error).__name__)

    def _tidy(self) -> int:
        now = self._clock.now()
        if now - self._tidied_at < HOUSEKEEPING:
            return 0
        with db.write(self._engine) as conn:
            letters.forget_before(conn, now - self._keep)
        self._tidied_at = now
        return 0
