"""Messages per second from a real Mosquitto to durable commit and acknowledgement.

    python -m benchmarks.ingest [--messages 100000] [--runs 3]

In one run, with the same preloaded queue for each: the broker itself (`mosquitto_sub`, written in C), a bare paho
subscriber with manual acknowledgement and nothing else, and the real ingest program's parts: registry, all stages, the
shipped rules, SQLite database and series store with full durability. Single readings of 3 values first, then messages
of 50 readings. 300 devices of the simulated school's kind.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import paho.mqtt.client as paho
import sqlalchemy as sa

from benchmarks.load import preload
from campus import db, topics
from campus.clock import SystemClock, to_ms
from campus.mqtt.client import Message, MqttClient
from campus.series.open import open_series
from campus.settings import Ingest, Mqtt, Series, Settings
from cli.programs.broker import Listener, Mosquitto, find_mosquitto
from cli.wiring import make_ingest
from devices.tables import devices
from ingest.program import consume

SCHOOL = "school-1"
DEVICES = 300
SUBSCRIBERS = ("bare", "campus-ingest-1-of-1")


def messages(count: int, readings: int) -> Iterator[tuple[str, bytes]]:
    """``count`` telemetry messages of ``readings`` readings with 3 values each, round the devices."""
    now = to_ms(SystemClock().now()) - 120_000
    for number in range(count):
        device, turn = number % DEVICES, number // DEVICES
        parts = [
            b'{"ts":%d,"seq":%d,"boot":"b1","values":{"co2":%d,"temperature":%d.5,"humidity":%d}}'
            % (now + turn * readings + i, turn * readings + i, 400 + (number + i) % 700, 20 + i % 5, 40 + i % 20)
            for i in range(readings)
        ]
        payload = parts[0] if readings == 1 else b"[" + b",".join(parts) + b"]"
        yield f"campus/{SCHOOL}/dev-{device:03d}/telemetry", payload


def subscribe(mqtt: Mqtt, client_id: str) -> None:
    """Make a persistent session, so that the queue waits for it."""
    client = MqttClient(mqtt, client_id, subscriptions=topics.subscription(), persistent=True)
    client.start()
    assert client.wait_subscribed(10)
    client.stop()


def c_client(port: int, *extra: str) -> list[str]:
    """The command line of Mosquitto's own subscriber on a persistent session."""
    base = ["mosquitto_sub", "-i", "ceiling", "-c", "-q", "1", "-V", "5", "-x", "3600", "-t", "campus/+/+/telemetry"]
    return [*base, "-p", str(port), *extra]


def bare_paho(port: int, count: int) -> float:
    """Messages per second of a paho subscriber that acknowledges in its callback and does nothing else."""
    seen = 0
    first = 0.0
    done = threading.Event()

    def on_message(client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        nonlocal seen, first
        first = first or time.perf_counter()
        seen += 1
        client.ack(message.mid, message.qos)
        if seen == count:
            done.set()

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "bare", protocol=paho.MQTTv5, manual_ack=True)
    client.on_message = on_message
    properties = paho.Properties(paho.PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = Ingest().in_flight
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.loop_start()
    assert done.wait(300), f"{seen} of {count}"
    rate = count / (time.perf_counter() - first)
    client.disconnect()
    client.loop_stop()
    return rate


def broker_itself(port: int, count: int) -> float:
    """Messages per second into Mosquitto's own C client."""
    started = time.perf_counter()
    subprocess.run(c_client(port, "-C", str(count)), stdout=subprocess.DEVNULL, check=True)
    return count / (time.perf_counter() - started)


def our_ingest(settings: Settings, engine: sa.Engine, count: int) -> float:
    """Messages per second of the real pipeline, from the first delivery to the last acknowledgement."""
    series = open_series(settings.series)
    parts = make_ingest(settings, engine, series, SystemClock())
    acked = 0
    first = 0.0
    done = threading.Event()
    acknowledge, put = parts.client.acknowledge, parts.intake.put

    def counted(batch: Sequence[Message]) -> None:
        nonlocal acked
        acknowledge(batch)
        acked += len(batch)
        if acked >= count:
            done.set()

    def timed(message: Message) -> None:
        nonlocal first
        first = first or time.perf_counter()
        put(message)

    parts.client.acknowledge = counted  # type: ignore[method-assign]
    parts.client._on_message = timed
    stop = threading.Event()
    worker = threading.Thread(target=consume, args=(parts.intake, parts.pipeline, settings.ingest, stop))
    worker.start()
    parts.client.start()
    assert done.wait(300), f"{acked} of {count}"
    rate = count / (time.perf_counter() - first)
    stop.set()
    worker.join()
    parts.client.stop()
    parts.sink.close()
    series.close()
    return rate


def register_devices(engine: sa.Engine) -> None:
    """300 sensors in the registry."""
    from devices.ledger.files import import_devices, import_places

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "places.csv").write_text(
            "id,parent,kind,name,name_en,floor,outline\nsite,,campus,校园,Campus,0,\n", encoding="utf-8"
        )
        rows = [f"dev-{n:03d},sensor,传感器{n},Sensor {n},site,,model,,0,0" for n in range(DEVICES)]
        header = "id,kind,name,name_en,place,parent,model,covers,x,y"
        (folder / "devices.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        with db.write(engine) as conn:
            import_places(conn, SCHOOL, folder / "places.csv", SystemClock().now())
            import_devices(conn, SCHOOL, folder / "devices.csv", SystemClock().now())
    with db.read(engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(devices)).scalar_one() == DEVICES


def one_run(count: int, readings: int) -> dict[str, float]:
    """All three subscribers over the same queue, on a fresh broker and fresh stores."""
    folder = Path(tempfile.mkdtemp(prefix="campus-bench-"))
    port = 21_883
    program = find_mosquitto()
    assert program, "mosquitto is not installed"
    broker = Mosquitto(program, Listener(port=port), folder / "broker")
    broker.start()
    try:
        mqtt = Mqtt(port=port)
        settings = Settings(mqtt=mqtt, series=Series(path=folder / "series.db"))
        engine = db.open_engine(f"sqlite:///{folder / 'campus.db'}")
        db.migrate(engine)
        register_devices(engine)
        for client_id in SUBSCRIBERS:
            subscribe(mqtt, client_id)
        subprocess.run(c_client(port, "-E"), check=True)
        assert preload("127.0.0.1", port, messages(count, readings)) == count
        rates = {
            "broker itself": broker_itself(port, count),
            "bare paho": bare_paho(port, count),
            "ingest": our_ingest(settings, engine, count),
        }
        engine.dispose()
        return rates
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


def report(title: str, runs: list[dict[str, float]], values: int) -> None:
    """Print medians, and ingest against the bare subscriber run by run."""
    print(f"\n{title}")
    for name in runs[0]:
        rate = statistics.median(run[name] for run in runs)
        print(f"  {name:<14} {rate:>10,.0f} messages/s   {rate * values:>12,.0f} values/s")
    ratios = sorted(run["ingest"] / run["bare paho"] for run in runs)
    print(f"  ingest / bare paho: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    report("1 reading of 3 values a message", [one_run(args.messages, 1) for _ in range(args.runs)], 3)
    report("50 readings of 3 values a message", [one_run(args.messages // 10, 50) for _ in range(args.runs)], 150)


if __name__ == "__main__":
    main()
