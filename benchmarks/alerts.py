"""What the alarm engine costs: readings per second, growth with rules, memory per device, time to the notifier.

    python -m benchmarks.alerts [--devices 100000] [--seconds 5]

Readings go through the alerts' stage in transactions of a real SQLite file, in batches of 2,000 messages of one reading
with three values, as ingest hands them over. One reading in 9,973 trips a rule. Decoding and the broker are not in
it: `benchmarks.ingest` measures those. For the time to the notifier one thread runs the stage at 20,000 readings a
second while the worker runs in another, and every alarm is timed from the moment its reading is handed over to the
notifier's call.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.rules.reading_rules import ThresholdRule
from alerts.rules.rule import Bilingual, Severity
from alerts.rules.rulefile import RuleSet
from alerts.stage import AlertStage
from alerts.telling.worker import AlertWorker
from campus import db
from campus.clock import SystemClock, to_ms
from campus.envelope import Envelope, Source
from campus.events import Reading, Readings

BATCH = 2000
RARE = 9_973  # a prime: another device each time
PACE = 20_000  # readings a second while the time to the notifier is taken: 100,000 devices every 5 seconds
TEXT = Bilingual(zh="值过高", en="Too high")
CLOCK = SystemClock()


class NoRoll:
    """A roll book that knows nobody."""

    def in_school_hours(self, conn: sa.Connection, school: str, class_id: str, at: object, /) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def leave_now(self, conn: sa.Connection, school: str, student: str, at: object, /) -> None:
        """Never."""

    def expected_in(self, conn: sa.Connection, school: str, place: str, at: object, /) -> None:
        """Nobody."""


class Watch:
    """A notifier that notes when it is called, by the device the alarm is about."""

    name = kind = address = "watch"
    min_severity: Severity = "info"

    def __init__(self) -> None:
        self.called: dict[str, float] = {}

    def render(self, notice: Notice) -> bytes:
        """The device alone."""
        return notice.subject.encode()

    def send(self, parcel: Parcel) -> Receipt:
        """Note the time."""
        self.called.setdefault(parcel.body.decode(), time.perf_counter())
        return Receipt(result="done", detail="noted")


def rules(count: int) -> RuleSet:
    """``count`` threshold rules, spread over the three metrics."""
    metrics = itertools.cycle(("co2", "temperature", "humidity"))
    return RuleSet(
        tuple(
            ThresholdRule(
                id=f"rule-{number}", title=TEXT, severity="warning", runbook=TEXT, why="A benchmark.", metric=metric,
                above=100_000 + number, for_s=0,
            )
            for number, metric in zip(range(count), metrics, strict=False)
        )
    )  # fmt: skip


def batches(devices: int, ids: Iterator[int]) -> Iterator[tuple[list[Envelope], list[str]]]:
    """Batches round the devices, with the devices whose reading trips the first rule and no other."""
    numbers = itertools.cycle(range(devices))
    while True:
        now = CLOCK.now()
        ts, made, tripped = to_ms(now), [], []
        for number in itertools.islice(numbers, BATCH):
            rare = next(ids) % RARE == RARE - 1
            values: dict[str, float | bool] = {
                "co2": 100_000.5 if rare else 800.0,
                "temperature": 21.5,
                "humidity": 44.0,
            }
            source = Source(f"school-{number // 300}", f"dev-{number}", "sensor", "room-1")
            made.append(Envelope(source=source, body=Readings((Reading(ts=ts, values=values),)), at=now, received=now))
            if rare:
                tripped.append(source.device)
        yield made, tripped


def throughput(folder: Path, devices: int, count: int, seconds: float) -> float:
    """Readings (of three values) a second through the stage, commits included; making them is not counted."""
    engine = db.open_engine(f"sqlite:///{folder / f'rules-{count}.db'}")
    db.migrate(engine)
    stage = AlertStage(rules(count), NoRoll(), grace=timedelta(0))
    ready = list(itertools.islice(batches(devices, itertools.count()), 50))
    spent, readings = 0.0, 0
    for made, _ in itertools.cycle(ready):
        started = time.perf_counter()
        with db.write(engine) as conn:
            stage.handle(conn, made, CLOCK.now())
        stage.committed()
        spent += time.perf_counter() - started
        readings += len(made)
        if spent > seconds:
            break
    engine.dispose()
    return readings / spent


def to_the_notifier(folder: Path, devices: int, seconds: float) -> list[float]:
    """Seconds from handing over the reading to the notifier's call, for every alarm, under load; sorted."""
    engine = db.open_engine(f"sqlite:///{folder / 'latency.db'}")
    db.migrate(engine)
    stage, watch, stop = AlertStage(rules(200), NoRoll(), grace=timedelta(0)), Watch(), threading.Event()
    worker = threading.Thread(target=AlertWorker(engine, {"watch": watch}, CLOCK).run, args=(stop,))
    worker.start()
    handed: dict[str, float] = {}
    end = time.perf_counter() + seconds
    for made, tripped in batches(devices, itertools.count()):
        for device in tripped:
            handed.setdefault(device, time.perf_counter())
        begun = time.perf_counter()
        with db.write(engine) as conn:
            stage.handle(conn, made, CLOCK.now())
        stage.committed()
        time.sleep(max(0.0, BATCH / PACE - (time.perf_counter() - begun)))
        if time.perf_counter() > end:
            break
    patience = time.perf_counter() + 30
    while len(watch.called) < len(handed) and time.perf_counter() < patience:
        time.sleep(0.05)
    stop.set()
    worker.join()
    engine.dispose()
    return sorted(watch.called[device] - at for device, at in handed.items() if device in watch.called)


def memory(folder: Path, devices: int) -> float:
    """Bytes a device with a condition in progress takes in the stage."""
    engine = db.open_engine(f"sqlite:///{folder / 'memory.db'}")
    db.migrate(engine)
    held = msgspec.structs.replace(rules(1).rules[0], for_s=3600)
    stage = AlertStage(RuleSet((held,)), NoRoll(), grace=timedelta(0))
    now = CLOCK.now()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = Readings((Reading(ts=to_ms(now), values={"co2": 200_000.0}),))
    for start in range(0, devices, BATCH):
        sources = [Source("s", f"dev-{number}", "sensor", "r") for number in range(start, start + BATCH)]
        with db.write(engine) as conn:
            stage.handle(conn, [Envelope(source=one, body=body, at=now, received=now) for one in sources], now)
        stage.committed()
    engine.dispose()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / devices


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the sorted ``values`` lie."""
    return values[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"memory per device with a condition in progress: {memory(folder, 50_000):,.0f} bytes")
        for count in (1, 20, 200, 2000):
            rate = throughput(folder, said.devices, count, said.seconds)
            print(
                f"{count:5} rules over {said.devices:,} devices: {rate:>10,.0f} readings/s {3 * rate:>12,.0f} values/s"
            )
        found = to_the_notifier(folder, said.devices, 4 * said.seconds)
        if found:
            middle, late = statistics.median(found) * 1000, percentile(found, 0.99) * 1000
            print(
                f"to the notifier, {len(found)} alarms at {PACE:,} readings/s: p50 {middle:.0f} ms, p99 {late:.0f} ms"
            )


if __name__ == "__main__":
    main()
