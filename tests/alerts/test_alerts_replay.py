"""Replay: draft rules over kept history give what the engine gave, every time the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from alerts.review import history
from alerts.review.replay import Replayed, in_order, readings, replay
from alerts.review.replay_report import compare, raised
from alerts.rules.rulefile import RuleSet, load_rules
from campus import db
from campus.envelope import Envelope, Source
from campus.events import Readings
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point, SeriesStore
from tests.alerts.play import SCHOOL, ZONE, Play, Words, at

DAY = """
    09:00 co2-101 reads co2 1600 every 60 s until 09:20
    09:21 co2-101 reads co2 900
    09:30 smoke-1 alarms smoke
    09:31 the guard resolves smoke of smoke-1 as false
    09:40 smoke-1 clears smoke
    10:00 s-0001 goes out at gate-1
    10:10 cam-1 sees a person in yard
    10:30 s-0001 comes in at gate-1
    11:00 nothing happens
"""
START, END = at("08:00"), at("12:00")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SeriesStore]:
    made = SqliteSeries(tmp_path / "series.db")
    yield made
    made.close()


@pytest.fixture
def lived(play: Play, store: SeriesStore, monkeypatch: pytest.MonkeyPatch) -> Play:
    """A morning that happened: its readings are in the series store, as the pipeline's sink keeps them."""
    inner = play.handle

    def keep(*envelopes: Envelope) -> None:
        inner(*envelopes)
        for one in envelopes:
            for reading in one.body.items if isinstance(one.body, Readings) else ():
                store.write([Point(SCHOOL, one.device, k, reading.ts, float(v)) for k, v in reading.values.items()])

    monkeypatch.setattr(play, "handle", keep)
    play.run(DAY)
    return play


def again(play: Play, store: SeriesStore, rules: RuleSet) -> list[Replayed]:
    with db.read(play.engine) as conn:
        told = history.heard(conn, [SCHOOL], START, END)
        measured = readings(store, [Source(SCHOOL, "co2-101", "sensor", "room-1")], ["co2", "temperature"], START, END)
        return replay(rules, in_order(measured, told), END, conn, play.roll, Words(), play.calendar)


def test_the_rules_in_force_give_again_what_was_raised(lived: Play, store: SeriesStore) -> None:
    found = again(lived, store, load_rules())
    with db.read(lived.engine) as conn:
        then = raised(conn, [SCHOOL], START, END)
    assert [(one.rule, one.subject) for one in found] == [(one.rule, one.subject) for one in then]
    for one, other in zip(found, then, strict=True):
        assert abs(one.raised_at - other.raised_at) <= timedelta(seconds=5)
    report = compare(found, then, START, END, ZONE)
    assert (report.new, report.gone) == ((), ())
    assert report.rules["smoke"].precision == 0.0
    assert report.rules["co2-high"].precision is None
    assert list(report.days.values()) == [4]


def test_the_same_history_gives_the_same_alarms(lived: Play, store: SeriesStore) -> None:
    assert again(lived, store, load_rules()) == again(lived, store, load_rules())


def test_a_draft_says_what_would_be_new_and_what_would_be_gone(lived: Play, store: SeriesStore) -> None:
    rules = [rule for rule in load_rules().rules if rule.id != "intrusion"]
    draft = [msgspec.structs.replace(rule, for_s=1800) if rule.id == "co2-high" else rule for rule in rules]
    draft.append(msgspec.structs.replace(load_rules().get("smoke"), id="smoke-too"))
    found = again(lived, store, RuleSet(tuple(draft)))
    with db.read(lived.engine) as conn:
        report = compare(found, raised(conn, [SCHOOL], START, END), START, END, ZONE, guards=2)
    assert [one.rule for one in report.new] == ["smoke-too"]
    assert [one.rule for one in report.gone] == ["co2-high", "intrusion"]
    assert report.per_guard_worst == 1.0  # smoke twice within 10 minutes, two guards


def test_a_replay_raises_nothing_for_real(lived: Play, store: SeriesStore) -> None:
    before = lived.count()
    again(lived, store, load_rules())
    assert lived.count() == before


def test_history_keeps_no_stills_and_no_cards_and_is_forgotten_in_time(lived: Play) -> None:
    with db.write(lived.engine) as conn:
        kept = list(history.heard(conn, [SCHOOL], START, END))
        assert {type(one.body).__name__ for one in kept} == {"SensorAlarm", "StudentPassed", "CameraIntrusion"}
        assert all(getattr(one.body, "still", None) is None for one in kept)
        assert history.forget_before(conn, END) == len(kept)
        assert not list(history.heard(conn, [SCHOOL], START, END))
