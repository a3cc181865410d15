"""Gate and lab agents: what is told, and that no card number leaves the machine."""

import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from campus.clock import VirtualClock
from campus.credentials import hash_credential
from campus.errors import SettingsError
from campus.events import GatePass, LabSeatLeft, LabSeatTaken
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import Pass, SimulatedReader
from edge_agent.lab.agent import LabAgent
from edge_agent.lab.settings import Lab
from edge_agent.lab.source import SimulatedLab
from tests.edge_agent.conftest import Notebook

KEY = b"a school's key of enough bytes"


class Cards:
    """A `PassSource` of given passes."""

    def __init__(self, passes: list[Pass]) -> None:
        self._passes = iter(passes)

    def next(self, stop: threading.Event) -> Pass | None:
        return next(self._passes, None)

    def health(self) -> dict[str, float]:
        return {"lanes": 1.0}

    def reachable(self) -> bool:
        return True


class StopAt(VirtualClock):
    """A virtual clock that sets ``stop`` when it reaches the end."""

    def __init__(self, begin: VirtualClock, hours: float, stop: threading.Event) -> None:
        super().__init__(begin.now())
        self._end = begin.now() + timedelta(hours=hours)
        self._stop = stop

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        if self.now() + timedelta(seconds=seconds) >= self._end:
            self._stop.set()
        return super().wait(wake, seconds)


def test_a_pass_is_told_with_the_hash_of_the_card_and_never_the_number(clock: VirtualClock, voice: Notebook) -> None:
    gate = Gate(id="gate-1", lane="A", direction="in")
    passes = [Pass("0012345678", serial=7), Pass("99", direction="out")]
    agent = GateAgent(gate, Cards(passes), KEY, clock, voice)
    agent.run(threading.Event())
    first, second = (event for _, event, _ in voice.events)
    assert first == GatePass(credential=hash_credential(KEY, "0012345678"), lane="A", direction="in", serial=7)
    assert isinstance(second, GatePass)
    assert second.direction == "out"  # what the reader knows goes before what the lane is set to
    assert b"12345678" not in msgspec.json.encode([first, second])
    assert agent.health() == {"passes": 2.0, "passes_hour": 2.0, "errors_hour": 0.0, "lanes": 1.0}


def test_a_lane_that_does_not_know_the_direction_leaves_it_out(clock: VirtualClock, voice: Notebook) -> None:
    GateAgent(Gate(id="g"), Cards([Pass("1")]), KEY, clock, voice).run(threading.Event())
    ((_, event, _),) = voice.events
    assert isinstance(event, GatePass)
    assert event.direction is None


def passes_of_a_day(clock: VirtualClock, seed: int, cards: Path | None = None) -> list[str]:
    voice, stop = Notebook(), threading.Event()
    gate = Gate(id="gate-1", passes_per_hour=60, seed=seed, cards=cards)
    time = StopAt(clock, 8, stop)
    GateAgent(gate, SimulatedReader(gate, time), KEY, time, voice).run(stop)
    return [event.credential for _, event, _ in voice.events if isinstance(event, GatePass)]


def test_a_simulated_gate_repeats_itself_with_its_seed(clock: VirtualClock, tmp_path: Path) -> None:
    one = passes_of_a_day(clock, seed=1)
    assert one == passes_of_a_day(clock, seed=1)
    assert one != passes_of_a_day(clock, seed=2)
    assert 400 < len(one) < 560
    (tmp_path / "cards.txt").write_text("111\n222\n")
    assert set(passes_of_a_day(clock, 1, tmp_path / "cards.txt")) == {hash_credential(KEY, n) for n in ("111", "222")}


def test_a_file_of_cards_that_is_missing_is_named(clock: VirtualClock, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cards\.txt"):
        SimulatedReader(Gate(id="g", cards=tmp_path / "cards.txt"), clock)


def test_a_lab_tells_each_session_its_length_and_how_many_seats_are_taken(clock: VirtualClock, voice: Notebook) -> None:
    lab, stop = Lab(id="lab-1", seats=6, sessions_per_hour=30, session_min=15), threading.Event()
    time = StopAt(clock, 8, stop)
    LabAgent(lab, SimulatedLab(lab, time), KEY, time, voice).run(stop)
    since, taken_most = {}, 0
    for _, event, at in voice.events:
        if isinstance(event, LabSeatTaken):
            assert event.seat not in since
            assert event.credential is not None
            since[event.seat] = at
        else:
            assert isinstance(event, LabSeatLeft)
            assert event.duration_s == pytest.approx((at - since.pop(event.seat)).total_seconds())
        taken_most = max(taken_most, len(since))
    assert 1 < taken_most <= 6
    assert len(voice.readings) == pytest.approx(8 * 3600 / 30, abs=2)
    assert max(values["seats_taken"] for _, values, _ in voice.readings) <= 6
