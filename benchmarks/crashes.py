"""Kill the platform at random under load, again and again, and count what was lost, doubled or told for nothing.

    python -m benchmarks.crashes [--seconds 60] [--alarms 400] [--kills 20] [--seed 1]
                               [--database URL --restart COMMAND]

Ingest and alerts run as the programs they are. At random moments one of them is ended with SIGKILL and started again,
the broker is stopped and started again, and, where ``--restart`` names the command for it, so is the database.
Meanwhile smoke detectors raise alarms, a receiver refuses one message in twenty, and a guard acknowledges about half of
the alarms. School time runs ten times as fast, so that reminders fall due. At the end everything that waits is sent,
and the books are compared: with what the detectors said, what the guard did and what the receiver heard.

Mosquitto is stopped with SIGTERM: with SIGKILL it loses what it acknowledged since it last saved, see its
`autosave_interval`.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

from alerts.notify.kinds import make_client, make_notifiers
from alerts.tables import alarm_steps, alarms, outbox
from alerts.telling.dispatch import Dispatcher
from alerts.telling.outbox import LEASE
from alerts.telling.worker import AlertWorker
from benchmarks.crash_world import Devices, Guard, Receiver, eventually, furnish
from campus import db
from campus.clock import ScaledClock, SystemClock, VirtualClock
from campus.settings import Alerts, Mqtt, Settings, Webhook
from cli.programs.broker import Listener, Mosquitto, find_mosquitto
from cli.programs.session import declare

ROOT = Path(__file__).parents[1]
SPEED = 10.0
IN_FLIGHT_S = 2.0  # a message handed to the network before the acknowledge may arrive after it
ROUTES = "root: {name: all, levels: [{after_s: 0}, {after_s: 60}], remind_every_s: 30, remind_times: 3}\n"
SETTINGS = """\
[mqtt]
port = {port}
[database]
url = "{url}"
[series]
path = "{folder}/series.db"
[alerts]
routes = "{folder}/routes.yaml"
[[alerts.webhooks]]
name = "post"
url = "{hook}"
[metrics]
ingest_port = 0
alerts_port = 0
"""
AGAIN = ("campus.alarm.reminded", "campus.alarm.escalated")


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, and what should not have: each of the tuples is empty when the promise was kept."""

    ended: dict[str, int]  # how often what was ended
    alarms: int
    notices: int  # different messages the receiver took
    repeated: int  # the same message under the same key once more
    lost: tuple[str, ...]  # raised and no alarm, or an alarm and no message
    doubled: tuple[str, ...]  # two alarms of one cause, or one step under two keys
    storm: tuple[str, ...]  # alarms nobody caused
    nagged: tuple[str, ...]  # reminded or escalated after the acknowledge

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that should not have happened."""
        return self.lost + self.doubled + self.storm + self.nagged


class Programs:
    """Ingest and alerts as processes; `kill` ends one at once and starts it again."""

    def __init__(self, folder: Path, clock: ScaledClock) -> None:
        self._folder = folder
        self._environment = {**os.environ, "CAMPUS_CLOCK": clock.spec(), "PYTHONPATH": str(ROOT)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start these programs."""
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", "cli.main", name, "--config", str(self._folder / "campus.toml")]
                self._running[name] = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """`kill -9`, and the supervisor's restart."""
        self._running[name].kill()
        self._running[name].wait()
        self.start(name)

    def look_after(self) -> None:
        """Start again what ended by itself, as the supervisor does."""
        self.start(*[name for name, process in self._running.items() if process.poll() is not None])

    def stop(self) -> None:
        """Ask them to end."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(timeout=60)


def run(
    folder: Path,
    engine: sa.Engine,
    *,
    seconds: float,
    count: int,
    kills: int,
    seed: int,
    restart_database: Callable[[], None] | None = None,
) -> Books:
    """One run on a migrated, empty database, in ``folder``; ``kills`` ends of each kind of thing are spread over it."""
    chance, port = random.Random(seed), free_port()
    clock = ScaledClock(datetime(2026, 9, 7, 1, 0, tzinfo=UTC), SPEED)
    broker = Mosquitto(find_mosquitto() or "mosquitto", Listener(port=port), folder / "broker")
    receiver, programs = Receiver(random.Random(seed)), Programs(folder, clock)
    (folder / "routes.yaml").write_text(ROUTES)
    url = engine.url.render_as_string(hide_password=False)
    (folder / "campus.toml").write_text(SETTINGS.format(port=port, url=url, folder=folder, hook=receiver.url))
    names = furnish(engine, count)
    devices = Devices(Mqtt(port=port), names, clock, random.Random(seed + 1), seconds)
    guard = Guard(engine, clock, random.Random(seed + 2))
    blows = {"ingest": lambda: programs.kill("ingest"), "alerts": lambda: programs.kill("alerts")}
    blows["broker"] = lambda: (broker.stop(), broker.start())[0]
    if restart_database is not None:
        blows["database"] = restart_database
    broker.start()
    try:
        declare(Settings(mqtt=Mqtt(port=port)))
        programs.start("ingest", "alerts")
        guard.start()
        devices.start()
        ended = _strike(blows, programs, chance, seconds, kills)
        assert devices.join(), "the broker did not take everything the devices said"
        _settle(engine, programs, names, devices)
    finally:
        guard.stop()
        programs.stop()
        broker.stop()
    _send_the_rest(engine, receiver, clock)
    receiver.close()
    return _compare(engine, receiver, guard, names, ended)


def _strike(
    blows: dict[str, Callable[[], None]], programs: Programs, chance: random.Random, seconds: float, kills: int
) -> dict[str, int]:
    begun, ended = time.monotonic(), Counter[str]()
    # The worker and the pipeline are struck often, broker and database a few times.
    names = [name for name in blows for _ in range(kills if name in ("ingest", "alerts") else max(1, kills // 4))]
    moments = sorted((chance.uniform(0.1, 0.95) * seconds, chance.random(), name) for name in names)
    for at, _, name in moments:
        while time.monotonic() < begun + at:
            programs.look_after()
            time.sleep(0.02)
        blows[name]()
        ended[name] += 1
    return dict(ended)


def _settle(engine: sa.Engine, programs: Programs, names: Sequence[str], devices: Devices) -> None:
    """Wait until the pipeline has taken all that was said and the worker has routed it."""

    def done() -> bool:
        programs.look_after()
        query = sa.select(alarms.c.subject, alarms.c.active)
        with db.read(engine) as conn:
            found = {row.subject: row.active for row in conn.execute(query)}
            left = conn.execute(sa.select(alarm_steps.c.id).where(alarm_steps.c.routed_at.is_(None)).limit(1)).first()
        return left is None and all(found.get(name) is (name not in devices.cleared) for name in names)

    eventually(done)  # what is missing then is told as lost


def _send_the_rest(engine: sa.Engine, receiver: Receiver, clock: ScaledClock) -> None:
    """What waits for a lease or for its next attempt is sent by one more worker, whose clock runs ahead."""
    receiver.share = 0.0
    wall = VirtualClock(SystemClock().now())
    with make_client() as client:
        notifiers = make_notifiers(Alerts(webhooks=(Webhook(name="post", url=receiver.url),)), client, wall)
        school = VirtualClock(clock.now())
        worker = AlertWorker(engine, notifiers, school, wall=wall, dispatcher=Dispatcher(notifiers))
        for _ in range(10):
            worker.run_once()
            wall.advance(max(LEASE, timedelta(minutes=10)))


def _compare(engine: sa.Engine, receiver: Receiver, guard: Guard, names: Sequence[str], ended: dict[str, int]) -> Books:
    with db.read(engine) as conn:
        rows = conn.execute(sa.select(alarms.c.rule, alarms.c.subject, alarms.c.id)).all()
        raises = sa.select(alarm_steps.c.alarm).where(alarm_steps.c.action == "raise")
        raised = Counter(conn.execute(raises).scalars())
        unsent = conn.execute(sa.select(outbox.c.key).where(outbox.c.state.in_(("queued", "failed")))).scalars().all()
    caused = Counter(row.subject for row in rows if row.rule == "smoke")
    keys: dict[tuple[str, str], set[str]] = {}
    for one in receiver.heard:
        if one.type not in AGAIN:
            keys.setdefault((one.subject, one.type), set()).add(one.key)
    taken = Counter(one.key for one in receiver.heard if one.taken)
    told = {one.subject for one in receiver.heard if one.taken and one.type == "campus.alarm.raised"}
    late = (
        f"{one.subject}: {one.type} {one.at - guard.acknowledged[one.subject]:.1f} s after the acknowledge"
        for one in receiver.heard
        if one.type in AGAIN and one.at > guard.acknowledged.get(one.subject, one.at) + IN_FLIGHT_S
    )
    return Books(
        ended=ended,
        alarms=len(rows),
        notices=len(taken),
        repeated=sum(taken.values()) - len(taken),
        lost=tuple(f"{name}: no alarm" for name in names if not caused[name])
        + tuple(f"{name}: nobody was told" for name in names if caused[name] and name not in told)
        + tuple(f"{key}: not sent" for key in unsent),
        doubled=tuple(f"{name}: {times} alarms" for name, times in caused.items() if times > 1)
        + tuple(f"{alarm}: raised {times} times" for alarm, times in raised.items() if times > 1)
        + tuple(f"{what}: {len(found)} keys" for what, found in keys.items() if len(found) > 1),
        storm=tuple(f"{row.rule} of {row.subject}" for row in rows if row.rule != "smoke"),
        nagged=tuple(late),
    )


def free_port() -> int:
    """A TCP port nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def main() -> int:
    """Run once and print the books; exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--alarms", type=int, default=400)
    parser.add_argument("--kills", type=int, default=20, help="of the worker and of the pipeline, each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database; default: an SQLite file")
    parser.add_argument("--restart", help="the command that restarts the database")
    said = parser.parse_args()
    restart = (lambda: subprocess.run(shlex.split(said.restart), check=True) and None) if said.restart else None
    with tempfile.TemporaryDirectory() as name:
        engine = db.open_engine(said.database or f"sqlite:///{name}/campus.db")
        db.migrate(engine)
        books = run(
            Path(name), engine, seconds=said.seconds, count=said.alarms, kills=said.kills, seed=said.seed,
            restart_database=restart,
        )  # fmt: skip
        engine.dispose()
    print(
        f"ended: {books.ended}; {books.alarms} alarms, {books.notices} messages, {books.repeated} repeated by their key"
    )
    for what in ("lost", "doubled", "storm", "nagged"):
        print(f"{what}: {len(getattr(books, what))}", *getattr(books, what)[:5], sep="\n  ")
    return 1 if books.faults else 0


if __name__ == "__main__":
    sys.exit(main())
