"""How fast the series stores take and give readings: `python benchmarks/series.py [--points N]`.

Written are batches as the pipeline makes them: 2,000 messages of 3 values, from 300 devices, one second apart. The
embedded store is measured alone, then beside a thread that never stops computing (the pipeline's own decoding is such
a thread), then with the setting that is not durable when the power fails. InfluxDB is measured when `influxd` is on
PATH; it is a process of its own, so of its time only the client's share is spent by the pipeline.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from campus import settings
from campus.series.influx import InfluxSeries
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, SeriesKey, SeriesStore

DEVICES = [f"device-{number}" for number in range(300)]
METRICS = ("co2", "temperature", "people")
BATCH = 2000 * len(METRICS)
START = 1_790_553_600_000
TOKEN = "token-of-the-benchmark"


def batches(points: int) -> list[list[Point]]:
    """``points`` in batches, each device in turn, one reading of every metric a second."""
    made = []
    for first in range(0, points // len(METRICS), BATCH // len(METRICS)):
        messages = range(first, first + BATCH // len(METRICS))
        made.append(
            [
                Point("school-1", DEVICES[n % len(DEVICES)], metric, START + n // len(DEVICES) * 1000, n % 1000 + 0.25)
                for n in messages
                for metric in METRICS
            ]
        )
    return made


@contextmanager
def busy_thread() -> Iterator[None]:
    """Another thread that wants the interpreter all the time."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def write(store: SeriesStore, work: list[list[Point]], what: str) -> None:
    """Write all of ``work`` and print the rate."""
    total = sum(len(batch) for batch in work)
    wall, cpu = time.perf_counter(), time.process_time()
    slowest = 0.0
    for batch in work:
        began = time.perf_counter()
        assert store.write(batch).accepted == len(batch)
        slowest = max(slowest, time.perf_counter() - began)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{what:<52}{total / wall:>10,.0f} points/s{1e6 * cpu / total:>7.2f} us of CPU a point"
        f"{1000 * slowest:>7.0f} ms the slowest batch",
        flush=True,
    )


def ask(store: SeriesStore, seconds: int, what: str) -> None:
    """Print how long the questions of a page take."""
    key = SeriesKey("school-1", DEVICES[7], METRICS[0])
    end = START + seconds * 1000
    for name, question in (
        ("latest of a device", lambda: store.latest("school-1", DEVICES[7])),
        (f"{min(seconds, 600)} samples", lambda: store.read(key, START, START + 600_000)),
        ("by 10 s", lambda: store.aggregate(key, START, end, 10_000)),
        ("by minute", lambda: store.aggregate(key, START, end, 60_000)),
        ("by hour", lambda: store.aggregate(key, START, end, 3_600_000)),
    ):
        question()
        began = time.perf_counter()
        for _ in range(20):
            question()
        print(f"{what}: {name:<34}{50 * (time.perf_counter() - began):>8.2f} ms", flush=True)


def embedded(points: int) -> None:
    """Measure the embedded store."""
    work = batches(points)
    for what, synchronous in (("embedded", "FULL"), ("embedded, not durable at a power cut", "NORMAL")):
        with TemporaryDirectory() as folder:
            store = SqliteSeries(Path(folder) / "series.db")
            store._writer.execute(f"PRAGMA synchronous = {synchronous}")
            write(store, work, what)
            if synchronous == "FULL":
                write(store, work[: len(work) // 4], "embedded, every point a second time")
                seconds = points // len(METRICS) // len(DEVICES)
                began = time.perf_counter()
                count = store.rollup(START + seconds * 1000 + 3_600_000)
                took = time.perf_counter() - began
                print(f"{'embedded, roll-up':<52}{count / took:>10,.0f} buckets/s ({points / took:,.0f} points/s)")
                ask(store, seconds, "embedded")
            store.close()
    with TemporaryDirectory() as folder, busy_thread():
        store = SqliteSeries(Path(folder) / "series.db")
        write(store, work[: len(work) // 2], "embedded, beside a busy thread")
        store.close()


@contextmanager
def influxd(program: str) -> Iterator[str]:
    """A fresh InfluxDB; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with TemporaryDirectory() as folder:
        stores = [f"--bolt-path={folder}/bolt", f"--sqlite-path={folder}/sqlite", f"--engine-path={folder}/engine"]
        server = subprocess.Popen(
            [program, *stores, f"--http-bind-address=127.0.0.1:{port}", "--reporting-disabled", "--log-level=error"],
            stdout=subprocess.DEVNULL,
        )
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as client:
                answer = client.post(
                    f"http://127.0.0.1:{port}/api/v2/setup",
                    json={
                        "username": "b",
                        "password": "benchmark",
                        "org": "campus",
                        "bucket": "campus",
                        "token": TOKEN,
                    },
                )
                answer.raise_for_status()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def influx(points: int) -> None:
    """Measure InfluxDB where it is installed."""
    program = shutil.which("influxd")
    if program is None:
        print("InfluxDB is not measured: influxd is not on PATH")
        return
    work = batches(points)
    with influxd(program) as url:
        store = InfluxSeries(settings.Series(kind="influx", url=url, token=TOKEN))
        write(store, work, "InfluxDB")
        ask(store, points // len(METRICS) // len(DEVICES), "InfluxDB")
        with busy_thread():
            write(store, work[: len(work) // 2], "InfluxDB, beside a busy thread")
        store.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=1_200_000)
    chosen = arguments.parse_args()
    embedded(chosen.points)
    influx(chosen.points)
