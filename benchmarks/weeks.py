"""Simulated weeks with known troubles: precision and recall of every rule, and the load on a guard.

    python -m benchmarks.weeks [--weeks 2] [--seed 101] [--guards 2]

Each week is another school of 1,200 students, Monday to Friday, played through the real pipeline on the virtual clock:
ingest's door and transaction, every stage, the shipped rules, a real SQLite file. Its troubles are drawn at random and
known (`simulator.day.troubles`): gates without power or network, lost cameras, rooms with the windows shut for 10 to 45
minutes, breath on sensors for 1 to 9, smoke, panic buttons, doors, an intruder, three students a day who walk out. One
telemetry message in a hundred is lost, one is held up for 5 to 90 s, one in a hundred of all comes twice, and the
pipeline is restarted at a random moment of each day. Nights are left out; before a day begins the devices are let in.

An alarm is true when it was raised for its trouble, from the moment the trouble must be known until 10 minutes after
the time that the rule has for it; everything else is false. What a dead gate hides is counted as missed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from alerts.tables import alarms
from campus import db
from campus.clock import VirtualClock
from campus.mqtt.client import Message
from campus.series.sqlite import SqliteSeries
from campus.settings import Presence, School, Settings
from cli.commands.school_files import import_school
from cli.wiring import make_stages
from devices.registry import Registry
from devices.trust.quarantine import quarantine
from ingest.door import Door
from ingest.pipeline import Pipeline
from ingest.sink import SeriesSink
from simulator.chance import chance
from simulator.day.day import day_stream
from simulator.day.foretold import truth_of
from simulator.day.troubles import Troubles, disturbed, troubles
from simulator.day.truth import ExpectedAlarm, SeenAlarm
from simulator.school.files import write_files
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool

KEY = b"a key of the benchmark, 32 bytes"
MONDAY = date(2026, 9, 7)
STEP = timedelta(seconds=5)
PATIENCE = timedelta(minutes=10)
TEN_MINUTES = 600


class Verdict(NamedTuple):
    """One rule over all days: how often right, wrong, too late to count, and missed; seconds until it rang."""

    right: int
    wrong: int
    missed: int
    waits: tuple[float, ...]

    @property
    def precision(self) -> float | None:
        """The share of its alarms that were right; None when it raised none."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of the troubles that it told; None when there were none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


def judge(expected: Iterable[ExpectedAlarm], seen: Iterable[SeenAlarm]) -> dict[str, Verdict]:
    """Hold alarms against the truth, rule by rule; each alarm answers for one trouble at most."""
    left = sorted(seen, key=lambda one: one.raised_at)
    right: dict[str, list[float]] = defaultdict(list)
    missed: Counter[str] = Counter()
    for one in sorted(expected, key=lambda one: one.at):
        latest = one.at + timedelta(seconds=one.within_s) + PATIENCE
        fits = (
            alarm
            for alarm in left
            if (alarm.rule, alarm.subject) == (one.rule, one.subject) and one.at - STEP <= alarm.raised_at <= latest
        )
        found = next(fits, None)
        if found is None:
            missed[one.rule] += 1
        else:
            left.remove(found)
            right[one.rule].append((found.raised_at - one.at).total_seconds())
    wrong = Counter(alarm.rule for alarm in left)
    rules = sorted({*right, *wrong, *missed})
    return {rule: Verdict(len(right[rule]), wrong[rule], missed[rule], tuple(right[rule])) for rule in rules}


def play_day(school: SimulatedSchool, engine: sa.Engine, folder: Path, day: date, played: Troubles) -> None:
    """One day through the real pipeline, restarted once at a random moment."""
    settings = Settings(school=School(id=school.id), presence=Presence(late_after_s=120, silent_after_s=180))
    series = SqliteSeries(folder / f"series-{day}.db")
    clock = VirtualClock(school.moment(day, time(6, 44)))
    restarts = clock.now() + timedelta(minutes=chance(school.seed, "restart", day).uniform(30, 600))

    def start() -> tuple[Pipeline, SeriesSink]:
        registry = Registry(engine)
        sink = SeriesSink(series, engine)
        door = Door(registry, settings.ingest.clock_tolerance_s)
        stages = make_stages(settings, registry, lambda _school: True)
        return Pipeline(engine, door, stages, sink, clock, lambda _messages: None, quarantine), sink

    pipeline, sink = start()
    waiting: list[Message] = []
    stream = day_stream(school, day, played=played.script, days=played.days)
    for number, said in enumerate(disturbed(stream, school, day)):
        while said.at >= clock.now() + STEP:
            clock.advance(STEP)
            if clock.now() >= restarts:
                sink.close()
                pipeline, sink = start()
                restarts += timedelta(days=1)
            if waiting:
                pipeline.process(waiting)
                waiting = []
            pipeline.tick()
        waiting.append(Message(said.topic, said.payload, 1, False, number % 65535 + 1, 1))
    sink.close()
    series.close()


def play_week(seed: int, monday: date, folder: Path) -> tuple[list[ExpectedAlarm], list[SeenAlarm]]:
    """A school of its own from ``monday`` to Friday: what must be raised, and what was."""
    school = build_school(seed, KEY, monday)
    write_files(school, folder / "files")
    expected, seen = [], []
    for number in range(5):
        # Each day begins with quiet devices, as a morning does; the night between is not played.
        engine = db.open_engine(f"sqlite:///{folder}/day-{number}.db")
        db.migrate(engine)
        with db.write(engine) as conn:
            import_school(conn, School(id=school.id), folder / "files", datetime(2026, 9, 1, tzinfo=UTC))
        day = monday + timedelta(days=number)
        played = troubles(school, day)
        play_day(school, engine, folder, day, played)
        expected += truth_of(school, day, played=played.script, days=played.days).alarms
        with db.read(engine) as conn:
            rows = conn.execute(sa.select(alarms.c.rule, alarms.c.subject, alarms.c.raised_at))
            seen += [SeenAlarm(*row) for row in rows]
        engine.dispose()
    return expected, seen


def load(moments: Sequence[datetime], days: int, guards: int) -> tuple[float, float, float]:
    """Alarms a guard has in 10 minutes of the playing time: mean, worst; and the share of stretches with none."""
    counts = Counter(int(one.timestamp()) // TEN_MINUTES for one in moments)
    stretches = days * 11.25 * 6
    return len(moments) / stretches / guards, max(counts.values(), default=0) / guards, 1 - len(counts) / stretches


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=2, help="at most 3: then come the holidays")
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--guards", type=int, default=2)
    said = parser.parse_args()
    expected: list[ExpectedAlarm] = []
    seen: list[SeenAlarm] = []
    verdicts: dict[str, Verdict] = {}
    for week in range(said.weeks):
        with tempfile.TemporaryDirectory() as name:
            truth, found = play_week(said.seed + week, MONDAY + timedelta(weeks=week), Path(name))
        for rule, one in judge(truth, found).items():
            before = verdicts.get(rule, Verdict(0, 0, 0, ()))
            verdicts[rule] = Verdict(*(a + b for a, b in zip(before, one, strict=True)))
        expected, seen = expected + truth, seen + found
    print(f"{5 * said.weeks} days, {len(expected)} troubles, {len(seen)} alarms")
    print(
        "| rule | troubles | alarms | precision | recall | seconds until it rang, median |\n|---|---|---|---|---|---|"
    )
    for rule, one in sorted(verdicts.items()):
        wait = f"{statistics.median(one.waits):.0f}" if one.waits else ""
        shares = (f"{share:.0%}" if share is not None else "" for share in (one.precision, one.recall))
        print(f"| `{rule}` | {one.right + one.missed} | {one.right + one.wrong} | {' | '.join(shares)} | {wait} |")
    mean, worst, quiet = load([one.raised_at for one in seen], 5 * said.weeks, said.guards)
    print(f"{said.guards} guards: {mean:.2f} alarms each in 10 minutes, at worst {worst:.1f}; {quiet:.0%} without any")


if __name__ == "__main__":
    main()
