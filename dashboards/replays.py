"""One replay of draft rules at a time, in the background, with its progress, a time limit and a way to stop it."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Literal

import msgspec

from alerts.review.replay_report import Report
from alerts.rules.rulefile import RuleSet
from campus.errors import CampusError, Conflict
from dashboards.deps import Replay

LIMIT_S = 180.0
log = logging.getLogger("dashboards.replays")
State = Literal["none", "running", "done", "stopped", "too_long", "failed"]


class ReplayState(msgspec.Struct, frozen=True, kw_only=True):
    """The last replay: how far it has come (0 to 1), and its report when it is done."""

    state: State = "none"
    share: float = 0.0
    days: int = 0
    by: str = ""
    report: Report | None = None
    detail: str = ""


class _Ended(Exception):
    """Raised inside a replay to end it."""

    def __init__(self, state: State) -> None:
        self.state: State = state


class Replays:
    """Starts, watches and stops replays; the methods may be called from any thread."""

    def __init__(self, replay: Replay | None, limit_s: float = LIMIT_S) -> None:
        self._replay = replay
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._state = ReplayState()

    @property
    def state(self) -> ReplayState:
        """What became of the last one."""
        return self._state

    def start(self, rules: RuleSet, days: int, by: str) -> ReplayState:
        """Begin; raises `Conflict` while one runs."""
        if self._replay is None:
            raise Conflict("this console was started without the stores a replay needs")
        with self._lock:
            if self._state.state == "running":
                raise Conflict("a replay runs already; stop it first or wait for it")
            self._stop.clear()
            self._state = ReplayState(state="running", days=days, by=by)
        threading.Thread(target=self._run, args=(self._replay, rules, days), name="replay", daemon=True).start()
        return self._state

    def stop(self) -> None:
        """End the one that runs, if any."""
        self._stop.set()

    def _run(self, replay: Replay, rules: RuleSet, days: int) -> None:
        began = time.monotonic()

        def watch(share: float) -> None:
            if self._stop.is_set():
                raise _Ended("stopped")
            if time.monotonic() - began > self._limit_s:
                raise _Ended("too_long")
            self._state = msgspec.structs.replace(self._state, share=share)
            time.sleep(0)  # consoles that are open wait for nobody's replay

        try:
            report = replay(rules, timedelta(days=days), watch)
        except _Ended as ended:
            self._state = msgspec.structs.replace(self._state, state=ended.state)
        except CampusError as error:
            self._state = msgspec.structs.replace(self._state, state="failed", detail=str(error))
        except Exception:
            log.exception("a replay failed")
            self._state = msgspec.structs.replace(self._state, state="failed")
            raise
        else:
            self._state = msgspec.structs.replace(self._state, state="done", share=1.0, report=report)
