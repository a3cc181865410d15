"""A simulated day at full speed on the virtual clock: every alarm and every mark is held against the truth."""

from collections.abc import Sequence
from datetime import time, timedelta
from pathlib import Path

import sqlalchemy as sa

from alerts.tables import alarms
from attendance.register.tables import marks, sessions
from campus import db
from campus.clock import VirtualClock
from campus.mqtt.client import Message
from campus.series.sqlite import SqliteSeries
from campus.settings import Presence, School, Settings
from campus.tables import dead_letters
from cli.wiring import make_stages
from devices.registry import Registry
from devices.trust.quarantine import quarantine
from ingest.door import Door
from ingest.pipeline import Pipeline
from ingest.sink import SeriesSink
from simulator.day.day import day_stream
from simulator.day.foretold import truth_of
from simulator.day.truth import SeenAlarm, SeenMark, read_truth, verify, write_truth
from simulator.day.wire import Outgoing
from simulator.school.values import SimulatedSchool
from tests.flow.conftest import DAY

STEP = timedelta(seconds=30)


class Day:
    """Plays the day's stream into a real pipeline: database, series store, every stage, the shipped rules."""

    def __init__(self, school: SimulatedSchool, engine: sa.Engine, folder: Path) -> None:
        self.school = school
        self.engine = engine
        self.acked = 0
        self.series = SqliteSeries(folder / "series.db")
        self.sink = SeriesSink(self.series, engine)
        settings = Settings(school=School(id=school.id), presence=Presence(late_after_s=120, silent_after_s=180))
        registry = Registry(engine)
        self.clock = VirtualClock(school.moment(DAY, time(6, 44)))
        self.pipeline = Pipeline(
            engine,
            Door(registry, settings.ingest.clock_tolerance_s),
            make_stages(settings, registry, lambda _school: True),
            self.sink,
            self.clock,
            self._acknowledge,
            quarantine,
        )

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        self.acked += len(messages)

    def play(self) -> int:
        """Every message in its time, a tick between; returns how many messages were said."""
        waiting: list[Message] = []
        said = 0
        for outgoing in day_stream(self.school, DAY):
            while outgoing.at >= self.clock.now() + STEP:
                self._step(waiting)
                waiting = []
            waiting.append(self._message(outgoing, said))
            said += 1
        for _ in range(2):  # a minute more; after that the silence of the stream's end would be news
            self._step(waiting)
            waiting = []
        return said

    def _step(self, messages: list[Message]) -> None:
        self.clock.advance(STEP)
        if messages:
            self.pipeline.process(messages)
        self.pipeline.tick()

    @staticmethod
    def _message(outgoing: Outgoing, number: int) -> Message:
        return Message(outgoing.topic, outgoing.payload, 1, False, number % 65535 + 1, 1)

    def close(self) -> None:
        self.sink.close()
        self.series.close()

    def alarms(self) -> list[SeenAlarm]:
        with db.read(self.engine) as conn:
            rows = conn.execute(sa.select(alarms.c.rule, alarms.c.subject, alarms.c.raised_at))
            return [SeenAlarm(*row) for row in rows]

    def marks(self) -> list[SeenMark]:
        with db.read(self.engine) as conn:
            of_today = sa.select(sessions.c.id).where(sessions.c.day == DAY, sessions.c.kind == "arrival")
            rows = conn.execute(
                sa.select(marks.c.student, marks.c.status, marks.c.at).where(marks.c.session.in_(of_today))
            )
            return [SeenMark(student, status, at) for student, status, at in rows if status is not None]


def test_every_alarm_and_every_mark_of_the_day_agrees_with_the_truth(
    school: SimulatedSchool, school_engine: sa.Engine, tmp_path: Path
) -> None:
    truth_file = tmp_path / "truth.jsonl"
    write_truth(truth_of(school, DAY), truth_file)
    truth = read_truth(truth_file)
    day = Day(school, school_engine, tmp_path)
    try:
        said = day.play()
    finally:
        day.close()
    assert day.acked == said
    assert len(truth.alarms) >= 5
    assert len({mark.student for mark in truth.marks}) == len(school.students)
    mismatches = verify(truth, day.alarms(), day.marks())
    assert mismatches == [], "\n".join(f"{one.kind}: {one.subject}: {one.detail}" for one in mismatches[:40])
    with db.read(day.engine) as conn:
        reasons = set(conn.execute(sa.select(dead_letters.c.reason)).scalars())
    assert {refusal.reason for refusal in truth.refusals} == reasons
