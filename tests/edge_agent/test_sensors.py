"""Sensors: a real Modbus server over a serial line and TCP, pins at the library's seam, files of the kernel."""

import asyncio
import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gpiod
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from campus.clock import VirtualClock
from campus.errors import SettingsError, Unavailable
from campus.events import SensorAlarm
from edge_agent.sensor.agent import SensorAgent
from edge_agent.sensor.files import FileSource
from edge_agent.sensor.measured import Measured, number_of, plausible
from edge_agent.sensor.modbus import Bus, Buses, ModbusSource
from edge_agent.sensor.pins import PinSource
from edge_agent.sensor.settings import Modbus, Pin, Register, Sensor, ValueFile
from tests.edge_agent.conftest import Notebook

REGISTERS = (
    Register(address=0, metric="temperature", scale=0.1, low=-40, high=85, unit="°C"),
    Register(address=1, table="holding", metric="co2", type="uint16", low=200, high=10_000),
    Register(address=2, metric="gas_ppm", type="float32", word_order="little"),
    Register(address=10, contact="smoke", bit=3),
    Register(address=10, contact="gas", bit=4, inverted=True),
)


def device() -> SimDevice:
    # -12.3 °C; 812 ppm; 1.5 as float with its low word first; contacts: bit 3 and bit 4 set
    words = [-123 & 0xFFFF, 812, 0x0000, 0x3FC0, *([0] * 6), 0b11000]
    return SimDevice(id=7, simdata=[SimData(0, values=words, datatype=DataType.REGISTERS)])


@contextmanager
def serving(make: Callable[[], Any]) -> Iterator[Any]:
    """pymodbus' own server on a loop of its own."""
    loop, made = asyncio.new_event_loop(), []

    async def begin() -> None:
        made.append(make())
        await made[0].serve_forever(background=True)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
        yield made[0]
    finally:
        asyncio.run_coroutine_threadsafe(made[0].shutdown(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def joined_lines() -> Iterator[tuple[str, str]]:
    """Two serial lines joined to one another, as by a cable."""
    (a, a_tty), (b, b_tty) = os.openpty(), os.openpty()
    for fd in (a_tty, b_tty):
        tty.setraw(fd)
    names = os.ttyname(a_tty), os.ttyname(b_tty)

    def carry(source: int, target: int) -> None:
        while True:
            try:
                os.write(target, os.read(source, 1024))
            except OSError:
                return

    for pair in ((a, b), (b, a)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
    yield names
    for fd in (a_tty, b_tty, a, b):
        os.close(fd)


def test_registers_are_read_over_a_serial_line_with_type_scale_and_word_order(clock: VirtualClock) -> None:
    with joined_lines() as (ours, theirs), serving(lambda: ModbusSerialServer(device(), port=theirs, baudrate=9600)):
        said = Modbus(line=ours, unit=7, registers=REGISTERS, timeout_s=2)
        source = ModbusSource(said, Bus(said), clock)
        measured = source.measure()
        assert measured.values == {"temperature": -12.3, "co2": 812.0, "gas_ppm": 1.5}
        assert measured.contacts == (("smoke", True), ("gas", False))
        source.close()


def test_registers_are_read_through_a_gateway_and_what_is_wrong_is_named(clock: VirtualClock) -> None:
    with serving(lambda: ModbusTcpServer(device(), address=("127.0.0.1", 0))) as server:
        port = server.transport.sockets[0].getsockname()[1]
        said = Modbus(host="127.0.0.1", port=port, unit=7, registers=REGISTERS)
        source = ModbusSource(said, Bus(said), clock)
        assert source.measure().values["co2"] == 812
        beyond = msgspec.structs.replace(said, registers=(Register(address=500, metric="x"),))
        bus = Bus(beyond)
        with pytest.raises(Unavailable, match=r"unit 7 at 127\.0\.0\.1.*register 500 of holding"):
            ModbusSource(beyond, bus, clock).measure()
        bus.close()
        source.close()
    with pytest.raises(Unavailable, match="cannot be opened"):
        ModbusSource(said, Bus(said), clock).measure()


def test_a_line_that_is_not_there_is_unavailable(clock: VirtualClock, tmp_path: Path) -> None:
    said = Modbus(line=str(tmp_path / "ttyUSB9"), registers=REGISTERS)
    with pytest.raises(Unavailable, match="ttyUSB9"):
        ModbusSource(said, Bus(said), clock).measure()


def test_sensors_of_one_bus_share_it_and_must_agree_on_its_speed() -> None:
    buses, said = Buses(), Modbus(line="/dev/ttyUSB0", registers=REGISTERS)
    assert buses.bus("a", said) is buses.bus("b", msgspec.structs.replace(said, unit=9))
    with pytest.raises(SettingsError, match=r"sensor c: wants /dev/ttyUSB0"):
        buses.bus("c", msgspec.structs.replace(said, baud=19200))


@pytest.mark.parametrize(
    ("words", "kind", "order", "number"),
    [
        ([0xFFFF], "int16", "big", -1),
        ([0xFFFF], "uint16", "big", 65_535),
        ([0x0001, 0x0000], "uint32", "big", 65_536),
        ([0x0001, 0x0000], "uint32", "little", 1),
        ([0xFFFF, 0xFFFE], "int32", "big", -2),
        ([0x41C8, 0x0000], "float32", "big", 25.0),
    ],
)
def test_words_are_numbers(words: list[int], kind: Any, order: str, number: float) -> None:
    assert number_of(words, kind, order) == number


@given(st.lists(st.integers(), min_size=2, max_size=2), st.floats(), st.floats())
@limits(max_examples=50)
def test_any_words_are_a_finite_value_in_range_or_none(words: list[int], scale: float, offset: float) -> None:
    value = plausible(number_of(words, "float32", "big"), scale, offset, -50.0, 50.0)
    assert value is None or -50.0 <= value <= 50.0


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"address": 1}, "either metric or contact"),
        ({"address": 1, "metric": "a", "contact": "smoke"}, "either metric or contact"),
        ({"address": 1, "metric": "a", "low": 5, "high": 5}, "is not below high"),
        ({"address": 65_535, "metric": "a", "type": "float32"}, "no register behind it"),
    ],
)
def test_a_register_that_cannot_be_is_refused(said: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Register(**said)


def test_a_sensor_that_is_attached_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="give it modbus, pins or files"):
        Sensor(id="s")
    with pytest.raises(ValueError, match="either line"):
        Modbus(registers=REGISTERS)


# -- pins -----------------------------------------------------------------------------------------------------------


class Chip:
    """What libgpiod does for one chip, with pins that a test moves. Everything else is the real library's."""

    EdgeEvent, LineSettings, line = gpiod.EdgeEvent, gpiod.LineSettings, gpiod.line

    def __init__(self) -> None:
        self.active: dict[int, bool] = {}
        self.events: list[SimpleNamespace] = []
        self.asked: dict[int, Any] = {}
        self.released = False
        self.fails = False

    def request_lines(self, chip: str, consumer: str, config: dict[int, Any]) -> "Chip":
        if self.fails:
            raise FileNotFoundError(2, "No such file or directory", chip)
        self.asked = config
        return self

    def move(self, pin: int, active: bool) -> None:
        kind = gpiod.EdgeEvent.Type.RISING_EDGE if active else gpiod.EdgeEvent.Type.FALLING_EDGE
        self.active[pin] = active
        self.events.append(SimpleNamespace(line_offset=pin, event_type=kind))

    def wait_edge_events(self, timeout: timedelta) -> bool:
        return bool(self.events)

    def read_edge_events(self) -> list[SimpleNamespace]:
        events, self.events = self.events, []
        return events

    def get_value(self, pin: int) -> Any:
        return gpiod.line.Value.ACTIVE if self.active.get(pin) else gpiod.line.Value.INACTIVE

    def release(self) -> None:
        self.released = True


PINS = (Pin(contact="panic", pin=17, active_low=True, pull="up"), Pin(contact="door", pin=27, debounce_ms=100))


def test_a_short_press_is_told_and_how_contacts_are_at_the_start(clock: VirtualClock, voice: Notebook) -> None:
    chip = Chip()
    chip.active[27] = True
    source = PinSource(PINS, chip)  # type: ignore[arg-type]
    agent = SensorAgent(Sensor(id="desk", pins=PINS), [source], clock, voice)
    agent.look()
    chip.move(17, True)
    chip.move(17, False)  # pressed and let go between two looks
    agent.look()
    agent.look()
    told = [(event.kind, event.active) for _, event, _ in voice.events if isinstance(event, SensorAlarm)]
    assert told == [("panic", False), ("door", True), ("panic", True), ("panic", False)]
    asked = chip.asked[17]
    assert (asked.active_low, asked.bias, asked.debounce_period) == (
        True,
        gpiod.line.Bias.PULL_UP,
        timedelta(milliseconds=30),
    )
    assert chip.asked[27].debounce_period == timedelta(milliseconds=100)
    source.wait(threading.Event(), 0.01)
    source.close()
    assert chip.released


def test_pins_of_a_chip_that_is_not_there_are_unavailable() -> None:
    chip = Chip()
    chip.fails = True
    with pytest.raises(Unavailable, match="No such file"):
        PinSource(PINS, chip).measure()  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="gpiochip77"):  # the real library, on a machine without that chip
        PinSource((Pin(contact="door", pin=1, chip="/dev/gpiochip77"),), gpiod).measure()


# -- files, and the agent over them ---------------------------------------------------------------------------------


def test_a_thermometer_of_the_kernel_is_read_in_degrees(clock: VirtualClock, tmp_path: Path) -> None:
    (tmp_path / "temperature").write_text("21375\n")
    source = FileSource((ValueFile(metric="temperature", path=tmp_path / "temperature", high=60),), clock)
    assert source.measure() == Measured({"temperature": 21.375})
    (tmp_path / "temperature").write_text("85000\n")  # what a 1-wire thermometer says before it has measured
    assert source.measure() == Measured(implausible=1)
    for text in ("", "hot", "1" * 100_000):
        (tmp_path / "temperature").write_text(text)
        try:
            assert source.measure().values == {}
        except Unavailable:
            continue
    (tmp_path / "temperature").unlink()
    with pytest.raises(Unavailable, match="temperature"):
        source.measure()


class Answers:
    """A source that gives what a test says, or fails."""

    def __init__(self, clock: VirtualClock, stop: threading.Event, *answers: Measured | Unavailable) -> None:
        self._clock, self._stop, self._answers = clock, stop, list(answers)

    def measure(self) -> Measured:
        answer = self._answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def wait(self, stop: threading.Event, seconds: float) -> None:
        self._clock.wait(stop, seconds)
        if not self._answers:
            self._stop.set()

    def close(self) -> None:
        pass


def test_readings_come_at_their_pace_contacts_at_once_and_a_silent_sensor_is_offline(
    clock: VirtualClock, voice: Notebook
) -> None:
    stop, away = threading.Event(), Unavailable("unit 7", "no answer")
    warm = Measured({"temperature": 20.0}, (("water", False),))
    wet = Measured({"temperature": 21.0}, (("water", True),), implausible=1)
    answers = Answers(clock, stop, warm, warm, wet, wet, warm, away, away, away)
    agent = SensorAgent(Sensor(id="cellar", poll_s=2, telemetry_s=5, pins=PINS), [answers], clock, voice)
    begin = clock.now()
    agent.run(stop)
    told = [
        ((at - begin).total_seconds(), event.active) for _, event, at in voice.events if isinstance(event, SensorAlarm)
    ]
    assert told == [(0, False), (4, True), (8, False)]
    assert [((at - begin).total_seconds(), values["temperature"]) for _, values, at in voice.readings] == [
        (0, 20.0),
        (6, 21.0),
    ]
    assert agent.health() == {"failures": 3.0, "implausible": 2.0}
    assert not agent.reachable()
