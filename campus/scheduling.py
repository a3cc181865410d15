"""Housekeeping in the background: named jobs every so often, over APScheduler, with every failure logged and counted.

For work that may run late or be left out once: draining a spool, roll-ups, retention. What must happen exactly once at
a moment, such as an escalation, is a due row in the database instead (docs/decisions/004-scheduling.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import Counter, Gauge

from campus.clock import SystemClock
from campus.errors import Unavailable

log = logging.getLogger("campus.scheduling")
RUNS = Counter("campus_job_runs_total", "Runs of housekeeping jobs: done, failed, or skipped", ["job", "outcome"])
LAST_DONE = Gauge("campus_job_last_done_timestamp_seconds", "When a housekeeping job last succeeded", ["job"])

WORKERS = 4
RETRY_S = 60.0


class Scheduler:
    """Runs jobs in threads of its own. Intervals are of real time: they spare the machine, whatever a clock says.

    A job never overlaps itself: a run that comes due while one is under way is skipped. After a pause (a machine
    asleep) a job runs once, not once for each time it missed.
    """

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}
        self._intervals: dict[str, float] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(WORKERS)},
            # The default grace of one second would leave a late run out, which on a busy machine can be every run.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            daemon=True,
        )
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)

    def every(self, seconds: float, name: str, job: Callable[[], object]) -> None:
        """Run ``job`` at the start and then every ``seconds``. ``name`` says what it does, in words, and is unique.

        It runs at the start so that a program restarted more often than ``seconds`` does its housekeeping too; where
        what it needs is `Unavailable`, it runs again after `RETRY_S` at the latest.
        Raises `ValueError` for a name already used and for an interval that is not above 0.
        """
        if seconds <= 0:
            raise ValueError(f"the job {name!r} needs an interval above 0 s, not {seconds}")
        if any(known.id == name for known in self._scheduler.get_jobs()):
            raise ValueError(f"there is a job {name!r} already; give this one another name")
        self._intervals[name] = seconds
        self._scheduler.add_job(
            self._run, "interval", (name, job), seconds=seconds, id=name, name=name, next_run_time=SystemClock().now()
        )

    def start(self) -> None:
        """Begin to run the jobs."""
        self._scheduler.start()

    def stop(self) -> None:
        """Wait for the jobs under way and run no more; does nothing when `start` was never called."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _run(self, name: str, job: Callable[[], object]) -> None:
        try:
            job()
        except Unavailable as error:
            RUNS.labels(name, "failed").inc()
            self._wait_for(name, error)
            return
        except Exception as error:  # noqa: BLE001  a job that fails must not end the others; logged and counted below
            RUNS.labels(name, "failed").inc()
            self._note_failure(name, error)
            return
        RUNS.labels(name, "done").inc()
        LAST_DONE.labels(name).set_to_current_time()
        if self._failing.pop(name, None) is not None:
            log.info("a housekeeping job works again", extra={"task": name})

    def _wait_for(self, name: str, error: Unavailable) -> None:
        """What a job needs is away: no fault of ours, and no reason to wait for hours once it is back."""
        if self._is_news(name, error):
            log.warning("a housekeeping job waits and is tried again: %s", error, extra={"task": name})
        if self._intervals[name] > RETRY_S and self._scheduler.running:
            self._scheduler.modify_job(name, next_run_time=SystemClock().now() + timedelta(seconds=RETRY_S))

    def _is_news(self, name: str, error: Exception) -> bool:
        """A store that is down for an hour is told once, and counted every time."""
        told = f"{type(error).__name__}: {error}"
        news = self._failing.get(name) != told
        self._failing[name] = told
        return news

    def _note_failure(self, name: str, error: Exception) -> None:
        if self._is_news(name, error):
            log.error("a housekeeping job failed and is tried again", exc_info=error, extra={"task": name})

    def _skipped(self, event: JobSubmissionEvent) -> None:
        RUNS.labels(event.job_id, "skipped").inc()
