"""Who is around when the platform is killed: devices that speak, a receiver that fails at times, a guard who acts."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import sqlalchemy as sa

from alerts.life import actions
from alerts.tables import alarms
from campus import codec, db
from campus.clock import Clock, to_ms
from campus.errors import CampusError, Unavailable
from campus.events import Reading, SensorAlarm
from campus.mqtt.client import MqttClient
from campus.settings import Mqtt
from devices.tables import devices, places, registry_versions

SCHOOL = "crash-school"
PAUSE_S = 0.02


class Heard(msgspec.Struct, frozen=True):
    """One message at the receiver: when (monotonic seconds), its idempotency key, and what it says."""

    at: float
    key: str
    type: str
    subject: str
    taken: bool


class _Said(msgspec.Struct, frozen=True):
    subject: str


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _Said


class Receiver:
    """A webhook on a real socket that remembers what it is told and refuses ``share`` of it with 503."""

    def __init__(self, chance: random.Random, share: float = 0.05) -> None:
        self.heard: list[Heard] = []
        self.share = share
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])), type=_Event)
                taken = chance.random() >= receiver.share
                receiver.heard.append(Heard(time.monotonic(), event.id, event.type, event.data.subject, taken))
                self.send_response(200 if taken else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/alarms"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Devices:
    """Smoke detectors that measure all the time and each raise one alarm; every third one clears its own again.

    What the broker has not acknowledged is kept and said again, as an edge agent's spool does; one event in five is
    said twice on purpose, as after an acknowledgement that was lost.
    """

    def __init__(self, mqtt: Mqtt, names: Sequence[str], clock: Clock, chance: random.Random, spread_s: float) -> None:
        self._client = MqttClient(mqtt, "crash-devices")
        self._names, self._clock, self._chance, self._spread_s = names, clock, chance, spread_s
        self._numbers = itertools.count(1)
        self._unacked: set[int] = set()
        self.cleared: set[str] = set()
        self._thread = threading.Thread(target=self._speak)

    def start(self) -> None:
        """Begin to speak."""
        self._client.start()
        self._thread.start()

    def join(self) -> bool:
        """Wait until everything was said and the broker has all of it."""
        self._thread.join()
        done = eventually(lambda: not self._unacked)
        self._client.stop()
        return done

    def _speak(self) -> None:
        begun = time.monotonic()
        due = sorted((self._chance.random() * self._spread_s, name, True) for name in self._names)
        clears = [(at + 1.5, name, False) for at, name, _ in due[::3]]
        for at, name, active in sorted(due + clears):
            while time.monotonic() < begun + at:
                self._measure(self._chance.choice(self._names))
                time.sleep(PAUSE_S)
            if not active:
                self.cleared.add(name)
            number = next(self._numbers)
            payload = codec.encode_event(
                SensorAlarm(kind="smoke", active=active), id=f"crash-{number:06d}", ts=to_ms(self._clock.now()),
                seq=number, boot="b",
            )  # fmt: skip
            for _ in range(2 if self._chance.random() < 0.2 else 1):
                self._say(name, "event", payload)

    def _measure(self, name: str) -> None:
        reading = Reading(ts=to_ms(self._clock.now()), values={"smoke": 0.01})
        self._say(name, "telemetry", codec.encode_readings((reading,)))

    def _say(self, name: str, channel: str, payload: bytes) -> None:
        mark = next(self._numbers)
        self._unacked.add(mark)
        while True:
            try:
                topic = f"campus/{SCHOOL}/{name}/{channel}"
                return self._client.publish(topic, payload, on_ack=lambda: self._unacked.discard(mark))
            except Unavailable:
                time.sleep(PAUSE_S)  # the broker is away; the device keeps what it has to say


class Guard:
    """Acknowledges about half of the alarms, each after a moment, in the database as the console does."""

    def __init__(self, engine: sa.Engine, clock: Clock, chance: random.Random) -> None:
        self._engine, self._clock, self._chance = engine, clock, chance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._passed_over: set[str] = set()
        self.acknowledged: dict[str, float] = {}  # subject: monotonic seconds after the commit

    def start(self) -> None:
        """Come on duty."""
        self._thread.start()

    def stop(self) -> None:
        """Go off duty."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self._look()
            except CampusError:
                continue  # the database is away, or somebody was faster
            except sa.exc.DBAPIError:
                continue

    def _look(self) -> None:
        waiting = sa.select(alarms.c.id, alarms.c.subject).where(alarms.c.state == "unacknowledged")
        with db.read(self._engine) as conn:
            rows = [row for row in conn.execute(waiting) if row.id not in self._passed_over]
        for row in rows:
            if self._chance.random() < 0.3:
                self._passed_over.add(row.id)
            elif self._chance.random() < 0.2:
                with db.write(self._engine) as conn:
                    actions.acknowledge(conn, row.id, "guard-1", self._clock.now())
                self.acknowledged[row.subject] = time.monotonic()


def furnish(engine: sa.Engine, count: int) -> list[str]:
    """Write ``count`` rooms with a detector each into the database; return the detectors' names."""
    names = [f"smoke-{number}" for number in range(count)]
    room = {"school": SCHOOL, "kind": "room", "outline": ""}
    like = {"school": SCHOOL, "kind": "sensor", "model": "", "covers": ""}
    with db.write(engine) as conn:
        named = [{"id": name, "name": name, "name_en": name} for name in names]
        conn.execute(places.insert(), [room | one for one in named])
        conn.execute(devices.insert(), [like | one | {"place": one["id"]} for one in named])
        conn.execute(registry_versions.insert().values(school=SCHOOL, version=1))
    return names


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether ``true`` comes true while other processes work; this is no wait for a clock."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(PAUSE_S)
    return False
