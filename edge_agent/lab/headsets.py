"""A lab of real headsets as a `LabSource`: sessions by who wears one, and readings of each headset."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Protocol

from campus.clock import Clock
from campus.errors import Unavailable
from edge_agent.gate.source import PassSource
from edge_agent.lab.settings import Headset, Lab
from edge_agent.lab.source import SeatChange
from edge_agent.lab.state import HeadsetState
from edge_agent.lab.taps import Taps
from edge_agent.voice import Voice

log = logging.getLogger("edge.lab")
AT_ONCE = 4  # headsets asked side by side
MISSED = 3  # so many times in a row without an answer, and the headset is told as offline


class Looks(Protocol):
    """A headset that can be asked."""

    def look(self) -> HeadsetState:
        """How it is now; raises `Unavailable`."""
        ...


class _Worn:
    """Whether a headset is worn, once that has lasted ``lasts``: one who wipes the lenses does not end a session."""

    def __init__(self, lasts: timedelta) -> None:
        self._lasts = lasts
        self._since: datetime | None = None
        self.is_worn = False

    def changed(self, worn: bool | None, now: datetime) -> bool:
        """Whether the session begins or ends with this look; what is unknown changes nothing."""
        if worn is None or worn == self.is_worn:
            self._since = None
            return False
        self._since = self._since or now
        if now - self._since < self._lasts:
            return False
        self.is_worn, self._since = worn, None
        return True


class HeadsetLab:
    """Asks every headset each ``poll_s``. One that is away keeps its session until it says that it is not worn."""

    def __init__(self, lab: Lab, headsets: Mapping[str, Looks], clock: Clock, voice: Voice) -> None:
        self._lab = lab
        self._looks = headsets  # by the id of the headset
        self._clock = clock
        self._voice = voice
        lasts = timedelta(seconds=lab.worn_s)
        self._worn = {one.id: _Worn(lasts) for one in lab.headsets}
        self._missed = dict.fromkeys(lab.devices, 0)
        self._told: dict[str, datetime] = {}
        self._changes: deque[SeatChange] = deque()
        self._lock = threading.Lock()
        seats = [one.seat for one in lab.headsets]
        self._taps = Taps(timedelta(seconds=lab.tap_s), seats, in_order=lab.in_order)
        self._due = clock.now()

    def next(self, stop: threading.Event, seconds: float) -> SeatChange | None:
        """Wait up to ``seconds`` for the next change; None when none came or ``stop`` is set."""
        end = self._clock.now() + timedelta(seconds=seconds)
        while not self._changes and not stop.is_set():
            now = self._clock.now()
            if now >= self._due:
                self.look()
                self._due = now + timedelta(seconds=self._lab.poll_s)
            elif now >= end or self._clock.wait(stop, min((self._due - now), (end - now)).total_seconds()):
                break
        return self._changes.popleft() if self._changes else None

    def look(self) -> None:
        """Ask every headset once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            states = list(pool.map(self._state, self._lab.headsets))
        for headset, state in zip(self._lab.headsets, states, strict=True):
            if state is not None:
                self._take(headset, state, self._clock.now())

    def listen(self, reader: PassSource, key: bytes, stop: threading.Event) -> None:
        """Take the cards tapped at the lab's reader until ``stop``; ``key`` is the school's credential key."""
        while (seen := reader.next(stop)) is not None:
            with self._lock:
                taken = [one.seat for one in self._lab.headsets if self._worn[one.id].is_worn]
                self._taps.tap(seen.hashed(key), taken, self._clock.now())

    def health(self, headset: str) -> Callable[[], dict[str, float]]:
        """Numbers for the status of a headset."""
        return lambda: {"missed": float(self._missed[headset])}

    def reachable(self, headset: str) -> Callable[[], bool]:
        """Whether a headset answers."""
        return lambda: self._missed[headset] < MISSED

    def doubtful(self) -> int:
        """How many headsets were put on while several cards waited, so that nobody was named."""
        return self._taps.doubtful

    def _state(self, headset: Headset) -> HeadsetState | None:
        try:
            state = self._looks[headset.id].look()
        except Unavailable as error:
            self._missed[headset.id] += 1
            if self._missed[headset.id] == MISSED:
                log.warning("%s", error, extra={"device": headset.id})
            return None
        self._missed[headset.id] = 0
        return state

    def _take(self, headset: Headset, state: HeadsetState, now: datetime) -> None:
        worn = self._worn[headset.id]
        changed = worn.changed(state.worn, now)
        if changed:
            with self._lock:
                credential = self._taps.claim(headset.seat, now) if worn.is_worn else None
            self._changes.append(SeatChange(headset.seat, taken=worn.is_worn, credential=credential))
        told = self._told.get(headset.id)
        if changed or told is None or (now - told).total_seconds() >= self._lab.telemetry_s:
            self._told[headset.id] = now
            self._voice.reading(headset.id, state.values(), now)
