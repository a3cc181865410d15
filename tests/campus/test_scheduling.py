"""Housekeeping jobs run, never overlap, and never fail in silence."""

import logging
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from campus.errors import Unavailable
from campus.scheduling import Scheduler

SOON = 20.0  # a limit for a test that hangs; every wait ends as soon as the thing happens


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    made = Scheduler()
    yield made
    made.stop()


class Job:
    """Counts its runs, fails in those it is told to, and says when a given run is over."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = failures
        self.runs = 0
        self.enough = threading.Event()
        self.wanted = len(failures) or 1

    def __call__(self) -> None:
        self.runs += 1
        if self.runs > self.wanted:
            # One run further, the outcome of the last wanted one is on record.
            self.enough.set()
        if self.runs <= len(self.failures) and (failure := self.failures[self.runs - 1]) is not None:
            raise failure


def runs(job: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("campus_job_runs_total", {"job": job, "outcome": outcome}) or 0.0


def test_a_job_runs_at_the_start_however_long_its_interval(scheduler: Scheduler) -> None:
    ran = threading.Event()
    scheduler.every(86_400, "sweep the yard", ran.set)
    scheduler.start()
    assert ran.wait(SOON)


def test_a_job_runs_again_and_again_and_is_counted(scheduler: Scheduler) -> None:
    job = Job(None, None, None)
    scheduler.every(0.01, "count sheep", job)
    scheduler.start()
    assert job.enough.wait(SOON)
    assert runs("count sheep", "done") >= 3
    assert REGISTRY.get_sample_value("campus_job_last_done_timestamp_seconds", {"job": "count sheep"})


def test_a_failure_is_counted_every_time_and_told_when_it_is_news(
    scheduler: Scheduler, caplog: pytest.LogCaptureFixture
) -> None:
    away, full = Unavailable("the barn", "locked"), Unavailable("the barn", "full")
    job = Job(away, away, away, full, None)
    scheduler.every(0.01, "fill the barn", job)
    with caplog.at_level(logging.INFO, "campus.scheduling"):
        scheduler.start()
        assert job.enough.wait(SOON)
    assert runs("fill the barn", "failed") == 4
    told = [(record.levelname, record.task) for record in caplog.records if record.name == "campus.scheduling"]
    assert told == [("WARNING", "fill the barn")] * 2 + [("INFO", "fill the barn")]
    assert "the barn is unavailable: locked" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_job_of_many_hours_is_tried_again_soon_when_what_it_needs_was_away(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campus.scheduling.RETRY_S", 0.01)
    job = Job(Unavailable("the barn", "locked"), None)
    job.wanted = 1
    scheduler.every(86_400, "sweep the barn", job)
    scheduler.start()
    assert job.enough.wait(SOON)
    assert job.runs == 2


def test_a_fault_of_a_job_is_told_with_its_traceback(scheduler: Scheduler, caplog: pytest.LogCaptureFixture) -> None:
    job = Job(ZeroDivisionError("by the barn"), None)
    scheduler.every(0.01, "divide the barn", job)
    scheduler.start()
    assert job.enough.wait(SOON)
    assert "Traceback" in caplog.text


def test_a_failing_job_does_not_keep_another_from_running(scheduler: Scheduler) -> None:
    broken, sound = Job(*[ZeroDivisionError()] * 3), Job(None, None, None)
    scheduler.every(0.01, "divide by nothing", broken)
    scheduler.every(0.01, "go on", sound)
    scheduler.start()
    assert broken.enough.wait(SOON)
    assert sound.enough.wait(SOON)


# APScheduler warns of a skipped run itself; that is its way of telling, and welcome in the log.
def test_a_job_never_overlaps_itself_and_a_skipped_run_is_counted(scheduler: Scheduler) -> None:
    inside, most, release = [0], [0], threading.Event()

    def slow() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        release.wait(SOON)
        inside[0] -= 1

    skipped = threading.Event()
    scheduler._scheduler.add_listener(lambda event: skipped.set() if runs("be slow", "skipped") else None)
    scheduler.every(0.01, "be slow", slow)
    scheduler.start()
    assert skipped.wait(SOON)
    release.set()
    scheduler.stop()
    assert most == [1]


def test_stopping_waits_for_the_job_under_way(scheduler: Scheduler) -> None:
    began, done = threading.Event(), []

    def work() -> None:
        began.set()
        threading.Event().wait(0.05)
        done.append(True)

    scheduler.every(3600, "finish the row", work)
    scheduler.start()
    assert began.wait(SOON)
    scheduler.stop()
    assert done == [True]
    scheduler.stop()


def test_a_scheduler_that_never_started_can_be_stopped() -> None:
    Scheduler().stop()


@pytest.mark.parametrize("seconds", [0, -1.0])
def test_an_interval_must_be_above_nothing(scheduler: Scheduler, seconds: float) -> None:
    with pytest.raises(ValueError, match="'hurry' needs an interval above 0 s"):
        scheduler.every(seconds, "hurry", lambda: None)


def test_two_jobs_of_one_name_are_refused(scheduler: Scheduler) -> None:
    scheduler.every(60, "water the plants", lambda: None)
    with pytest.raises(ValueError, match="'water the plants' already"):
        scheduler.every(60, "water the plants", lambda: None)
