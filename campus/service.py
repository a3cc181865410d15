"""The service loop: named tasks, signals, drain in reverse order, metrics, and an exit code that tells the truth."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from prometheus_client import Gauge, start_http_server

from campus import __version__

log = logging.getLogger("campus.service")
_info = Gauge("campus_build_info", "Which program runs, in which version", ["program", "version"])

Task = Callable[[threading.Event], None]
# A batch makes tens of thousands of rows and values at once and drops them together: Python's own 700 looks for cycles
# among them dozens of times, which was a tenth of all time at a city's bell.
_YOUNG = 50_000


def seldom_collect() -> None:
    """Let the collector pass over what the program has loaded for good, and look at new objects less often."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


class Service:
    """A program made of tasks; each runs in its own named thread until ``stop`` is set.

    A task that raises stops the whole program with exit code 1: a supervisor restarts it whole, which is safer than a
    program that runs on with one part dead. Clean-ups run in reverse order of `on_stop`, after the tasks have ended.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stop = threading.Event()
        self._tasks: list[tuple[str, Task]] = []
        self._cleanups: list[tuple[str, Callable[[], None]]] = []
        self._failed = False

    def task(self, name: str, run: Task) -> None:
        """Add a task; ``run`` is handed the stop event and returns soon after it is set."""
        self._tasks.append((name, run))

    def on_stop(self, name: str, clean_up: Callable[[], None]) -> None:
        """Add a clean-up, run after the tasks have ended, last added first."""
        self._cleanups.append((name, clean_up))

    def metrics(self, host: str, port: int) -> None:
        """Serve Prometheus metrics at ``http://host:port/metrics``; port 0 leaves them off."""
        _info.labels(self.name, __version__).set(1)
        if not port:
            return
        server, thread = start_http_server(port, host)

        def close() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=2)

        self.on_stop("metrics", close)

    def run(self, drain_s: float = 20.0) -> int:
        """Run until a signal, a failed task or the end of every task; return the exit code (0 clean, 1 failed)."""
        seldom_collect()
        previous = {number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)}
        threads = [
            threading.Thread(target=self._guard, args=(name, run), name=f"{self.name}.{name}", daemon=True)
            for name, run in self._tasks
        ]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads) and not self.stop.wait(0.2):
                pass
        finally:
            self.stop.set()
            self._drain(threads, drain_s)
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 1 if self._failed else 0

    def _guard(self, name: str, run: Task) -> None:
        try:
            run(self.stop)
        except Exception:
            log.exception("a task failed; the program stops", extra={"task": name})
            self._failed = True
            self.stop.set()

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        log.info("stopping on %s", signal.Signals(number).name)
        self.stop.set()

    def _drain(self, threads: list[threading.Thread], drain_s: float) -> None:
        for thread in threads:
            thread.join(timeout=drain_s)
            if thread.is_alive():
                log.error("a task did not end in time", extra={"task": thread.name, "seconds": drain_s})
                self._failed = True
        for name, clean_up in reversed(self._cleanups):
            try:
                clean_up()
            except Exception:
                log.exception("a clean-up failed", extra={"task": name})
                self._failed = True
