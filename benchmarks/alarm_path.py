"""How long an alarm takes from its device to the endpoint, through everything there is, under load.

    python -m benchmarks.alarm_path [--alarms 200] [--rate 2000]

A real broker, ingest and alerts as the programs they are, an SQLite file. Detectors publish ``--rate`` readings a
second; five times a second one of them publishes a smoke alarm, and the clock runs from there to the arrival of the
webhook's request: broker, ingest's batch, the transaction with the alarm, the worker, and the request itself.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.alerts import percentile
from benchmarks.crash_world import SCHOOL, Receiver, eventually, furnish
from benchmarks.crashes import SETTINGS, Programs, free_port
from campus import codec, db
from campus.clock import ScaledClock, to_ms
from campus.events import Reading, SensorAlarm
from campus.mqtt.client import MqttClient
from campus.settings import Mqtt, Settings
from cli.programs.broker import Listener, Mosquitto, find_mosquitto
from cli.programs.session import declare

ROUTES = "root: {name: all, levels: [{after_s: 0}]}\n"
BETWEEN_S = 0.2
AT_ONCE = 20  # readings published between two looks at the clock


def measure(folder: Path, count: int, rate: int) -> tuple[list[float], int, float]:
    """Seconds from publishing to the request, sorted; how many readings were published beside, in how many seconds."""
    engine, port = db.open_engine(f"sqlite:///{folder}/campus.db"), free_port()
    db.migrate(engine)
    names, receiver = furnish(engine, count), Receiver(random.Random(1), 0.0)
    clock = ScaledClock(datetime(2026, 9, 7, 1, 0, tzinfo=UTC), 1.0)
    broker = Mosquitto(find_mosquitto() or "mosquitto", Listener(port=port), folder / "broker")
    (folder / "routes.yaml").write_text(ROUTES)
    url = f"sqlite:///{folder}/campus.db"
    (folder / "campus.toml").write_text(SETTINGS.format(port=port, url=url, folder=folder, hook=receiver.url))
    programs, client = Programs(folder, clock), MqttClient(Mqtt(port=port), "alarm-path")
    broker.start()
    declare(Settings(mqtt=Mqtt(port=port)))
    programs.start("ingest", "alerts")
    client.start()
    assert client.wait_connected(10)
    stop, said = threading.Event(), [0]
    load = threading.Thread(target=_measure_all_the_time, args=(client, names, clock, rate, stop, said))
    load.start()
    try:
        _warm_up(client, names[0], clock, receiver)
        begun, before = time.monotonic(), said[0]
        published = _alarms(client, names[1:], clock)
        assert eventually(lambda: len(receiver.heard) >= count), "not every alarm arrived"
        spent, readings = time.monotonic() - begun, said[0] - before
    finally:
        stop.set()
        load.join()
        programs.stop()
        client.stop()
        broker.stop()
        receiver.close()
        engine.dispose()
    return (
        sorted(one.at - published[one.subject] for one in receiver.heard if one.subject in published),
        readings,
        spent,
    )


def _alarms(client: MqttClient, names: Sequence[str], clock: ScaledClock) -> dict[str, float]:
    published = {}
    for name in names:
        time.sleep(BETWEEN_S)
        published[name] = time.monotonic()
        _smoke(client, name, clock)
    return published


def _smoke(client: MqttClient, name: str, clock: ScaledClock) -> None:
    event = SensorAlarm(kind="smoke", active=True)
    payload = codec.encode_event(event, id=f"path-{name}", ts=to_ms(clock.now()), seq=1, boot="b")
    client.publish(f"campus/{SCHOOL}/{name}/event", payload)


def _warm_up(client: MqttClient, name: str, clock: ScaledClock, receiver: Receiver) -> None:
    """The first alarm pays for the start of the programs."""
    _smoke(client, name, clock)
    assert eventually(lambda: len(receiver.heard) > 0), "the programs did not come up"


def _measure_all_the_time(
    client: MqttClient, names: Sequence[str], clock: ScaledClock, rate: int, stop: threading.Event, said: list[int]
) -> None:
    draw, begun = random.Random(2), time.monotonic()
    while not stop.is_set():
        while said[0] < (time.monotonic() - begun) * rate:
            for name in draw.choices(names, k=AT_ONCE):
                reading = Reading(ts=to_ms(clock.now()), values={"smoke": 0.01, "temperature": 21.0})
                client.publish(f"campus/{SCHOOL}/{name}/telemetry", codec.encode_readings((reading,)))
            said[0] += AT_ONCE
        time.sleep(0.002)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=200)
    parser.add_argument("--rate", type=int, default=2000)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found, readings, spent = measure(Path(name), said.alarms + 1, said.rate)
    middle, late = (1000 * one for one in (statistics.median(found), percentile(found, 0.99)))
    print(f"{len(found)} alarms at {readings / spent:,.0f} readings/s: p50 {middle:.0f}, p99 {late:.0f} ms")


if __name__ == "__main__":
    main()
