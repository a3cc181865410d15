"""The alert worker: ends shelves, routes steps, sends messages, each exactly as often as it must."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from alerts.counters import DELIVERIES
from alerts.life import actions, journal
from alerts.notify.notice import Batching, Notifier, Parcel, Receipt
from alerts.telling import channel_trial as channel_test
from alerts.telling import dispatch, outbox
from alerts.telling.dispatch import Dispatcher
from campus import db
from campus.bell import Bell
from campus.clock import Clock
from campus.errors import Unavailable
from campus.ids import new_id

log = logging.getLogger(__name__)
# How long a thread sleeps when nothing wakes it: what falls due by time alone, such as a reminder, waits so long at
# most. An alarm waits for none of this: its transaction rings the bell, and what is routed wakes the lanes.
POLL_S = 1.0
PAUSE_AFTER_FAILURE_S = 5.0


class AlertWorker:
    """Does what is left to do after the pipeline's transaction. Several may run: each piece of work is claimed.

    ``clock`` is the school's time, for shelves. ``wall`` is the network's time, for leases and back-off: real time,
    also where the school runs on a scaled clock; left out, it is ``clock``.
    """

    def __init__(
        self,
        engine: sa.Engine,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        *,
        wall: Clock | None = None,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        self._dispatcher = dispatcher or Dispatcher(notifiers)
        self._engine = engine
        self._notifiers = dict(notifiers)
        self._clock = clock
        self._wall = wall or clock
        self._owner = new_id()
        self._routed = {name: threading.Event() for name in notifiers}

    def run_once(self) -> int:
        """Do everything that is due now, in this thread; return how many things were done."""
        return self._keep_house() + sum(self._drain(notifier) for notifier in self._notifiers.values())

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then finish what is being sent. A slow endpoint holds up no other."""
        self._introduce()
        lanes = [
            threading.Thread(target=self._loop, args=(stop, *self._lane(notifier)), name=f"alerts.send[{name}]")
            for name, notifier in self._notifiers.items()
        ]
        bell = Bell(self._engine, journal.BELL, self._wall)
        for lane in lanes:
            lane.start()
        try:
            self._loop(stop, self._keep_house, lambda: bell.wait(stop, POLL_S))
        finally:
            bell.close()
            self._wake()
            for lane in lanes:
                lane.join()

    def _lane(self, notifier: Notifier) -> tuple[Callable[[], int], Callable[[], None]]:
        """What a sending thread does, and how it rests: until something was routed, or a moment."""
        routed = self._routed[notifier.name]

        def rest() -> None:
            quota_s = notifier.wait_s() if isinstance(notifier, Batching) else 0.0
            self._wall.wait(routed, min(quota_s, POLL_S) or POLL_S)
            routed.clear()

        return lambda: self._drain(notifier, one=True), rest

    def _wake(self) -> None:
        for routed in self._routed.values():
            routed.set()

    def _loop(self, stop: threading.Event, work: Callable[[], int], rest: Callable[[], None]) -> None:
        away = False
        while not stop.is_set():
            try:
                done = work()
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("alerts wait: %s", error)
                away, done = True, 0
                self._wall.wait(stop, PAUSE_AFTER_FAILURE_S)
            except Exception:  # one bad row must not end the sending of all others
                log.exception("the alert worker failed and goes on")
                done = 0
                self._wall.wait(stop, PAUSE_AFTER_FAILURE_S)
            if not done:
                rest()

    def _keep_house(self) -> int:
        """End shelves, route steps, fail what has no endpoint any more."""
        now, wall = self._clock.now(), self._wall.now()
        with db.read(self._engine) as conn:  # look first: the write lock belongs to the pipeline
            lost = outbox.strangers(conn, self._notifiers)
            if not (lost or dispatch.unrouted(conn) or actions.is_due(conn, now)):
                return 0
        with db.write(self._engine) as conn:
            done = actions.keep_up(conn, now)
            done += self._dispatcher.route_steps(conn, now, wall)
            done += sum(outbox.give_up(conn, name, "it is not in the settings any more", wall) for name in lost)
        self._wake()
        return done

    def _introduce(self) -> None:
        """Tell the console which endpoints there are; that can wait for a database that is away."""
        try:
            with db.write(self._engine) as conn:
                channel_test.register(conn, self._notifiers, self._wall.now())
        except Unavailable as error:
            log.warning("the console does not know the endpoints yet: %s", error)

    def _test(self, notifier: Notifier) -> int:
        """Send the test somebody asked for, after what is due: alarms go before."""
        with db.read(self._engine) as conn:
            asked = channel_test.waiting(conn, notifier.name)
        if asked is None:
            return 0
        receipt = channel_test.send(notifier, asked.school, asked.id, asked.asked_by, self._wall.now())
        with db.write(self._engine) as conn:
            channel_test.finish(conn, asked.id, receipt, self._wall.now())
        return 1

    def _drain(self, notifier: Notifier, *, one: bool = False) -> int:
        """Send what is due to one endpoint; return how many attempts were made."""
        attempts = 0
        while parcels := self._next(notifier):
            self._attempt(notifier, parcels)
            attempts += len(parcels)
            if one:
                break
        return attempts or self._test(notifier)

    def _next(self, notifier: Notifier) -> list[Parcel]:
        """The next message; of a channel with a quota all that wait, once the quota allows one."""
        if not isinstance(notifier, Batching):
            parcel = self._lease(notifier)
            return [parcel] if parcel else []
        if notifier.wait_s() > 0:
            return []
        found: list[Parcel] = []
        while len(found) < notifier.batch and (parcel := self._lease(notifier)) is not None:
            found.append(parcel)
        return found

    def _lease(self, notifier: Notifier) -> Parcel | None:
        now = self._wall.now()
        with db.read(self._engine) as conn:
            if not outbox.due(conn, notifier.name, now):
                return None
        with db.write(self._engine) as conn:
            why = outbox.disabled(conn, notifier)
            if why is None:
                return outbox.lease(conn, notifier.name, self._owner, now)
            outbox.give_up(conn, notifier.name, f"the endpoint is disabled: {why}", now)
            return None

    def _attempt(self, notifier: Notifier, parcels: Sequence[Parcel]) -> None:
        started = self._wall.now()
        try:
            receipt = notifier.send_batch(parcels) if isinstance(notifier, Batching) else notifier.send(parcels[0])
        except Exception as error:  # a fault of ours must not cost the message
            log.exception("notifier %s failed", notifier.name)
            receipt = Receipt(result="temporary", detail=f"a fault in the notifier: {type(error).__name__}")
        for parcel in parcels:
            self._finish(notifier, parcel, receipt, started)

    def _finish(self, notifier: Notifier, parcel: Parcel, receipt: Receipt, started: datetime) -> None:
        now = self._wall.now()
        with db.write(self._engine) as conn:
            state = outbox.finish(conn, parcel, receipt, notifier, now, now - started)
            other = self._dispatcher.stand_in(conn, parcel, now) if state == "failed" else None
        DELIVERIES.labels(notifier.name, receipt.result).inc()
        if receipt.result != "done":
            log.warning("message %s to %s is %s: %s", parcel.key, notifier.name, state, receipt.detail)
        if other is not None:
            log.warning("message %s goes to %s instead", parcel.key, other)
            self._routed[other].set()
