"""Modbus RTU and TCP by pymodbus; devices of one serial bus are asked in turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException

from campus.clock import Clock
from campus.errors import SettingsError, Unavailable
from edge_agent.sensor.measured import Measured, contact_of, number_of, plausible
from edge_agent.sensor.settings import Modbus, Register

# What pymodbus logs of each request that is not answered is told by the sensor's status.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
_PARITY = {"none": "N", "even": "E", "odd": "O"}


class Bus:
    """One serial line or gateway; asked by one sensor at a time."""

    def __init__(self, settings: Modbus) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._client = _client(settings)

    def read(self, register: Register, unit: int) -> Sequence[int]:
        """The words (or one bit) of ``register`` of device ``unit``; raises `Unavailable` with the reason."""
        where = f"unit {unit} at {self.settings.line or self.settings.host}"
        with self._lock:
            try:
                # connect() gives False or raises, by platform, when the line is not there.
                if not self._client.connected and not self._client.connect():
                    raise Unavailable(where, "the line or gateway cannot be opened")
                answer = self._ask(register, unit)
            except (ModbusException, OSError) as error:
                self._client.close()  # type: ignore[no-untyped-call] # what comes late must not pass for an answer
                raise Unavailable(where, str(error) or type(error).__name__) from None
        if answer.isError():
            raise Unavailable(where, f"register {register.address} of {register.table}: {answer}")
        words = answer.bits if register.table in ("coil", "discrete") else answer.registers
        if len(words) < register.words:
            raise Unavailable(where, f"register {register.address}: {len(words)} words of {register.words}")
        return [int(word) for word in words[: register.words]]

    def close(self) -> None:
        """Let go of the line."""
        with self._lock:
            self._client.close()  # type: ignore[no-untyped-call]

    def _ask(self, register: Register, unit: int):  # type: ignore[no-untyped-def]
        ask = {
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
            "coil": self._client.read_coils,
            "discrete": self._client.read_discrete_inputs,
        }[register.table]
        return ask(register.address, count=register.words, device_id=unit)


def _client(settings: Modbus) -> ModbusSerialClient | ModbusTcpClient:
    if settings.host:
        return ModbusTcpClient(settings.host, port=settings.port, timeout=settings.timeout_s, retries=1)
    return ModbusSerialClient(
        settings.line,
        baudrate=settings.baud,
        parity=_PARITY[settings.parity],
        stopbits=settings.stop_bits,
        timeout=settings.timeout_s,
        retries=1,
    )


class Buses:
    """The buses of one agent, one for each line or gateway, however many sensors are on it."""

    def __init__(self) -> None:
        self._buses: dict[tuple[str, int], Bus] = {}

    def bus(self, sensor: str, settings: Modbus) -> Bus:
        """The bus that ``settings`` names; raises `SettingsError` when two sensors want it at different speeds."""
        key = (settings.line, 0) if settings.line else (settings.host, settings.port)
        bus = self._buses.setdefault(key, Bus(settings))
        ours, theirs = ((s.baud, s.parity, s.stop_bits) for s in (settings, bus.settings))
        if ours != theirs:
            problem = f"wants {settings.line} with {ours}, another sensor with {theirs}"
            raise SettingsError(f"sensor {sensor}", problem, "Give baud, parity and stop_bits alike on one bus")
        return bus


class ModbusSource:
    """The registers of one device."""

    def __init__(self, settings: Modbus, bus: Bus, clock: Clock) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock

    def measure(self) -> Measured:
        """Read every register."""
        values, contacts, implausible = {}, [], 0
        for register in self._settings.registers:
            words = self._bus.read(register, self._settings.unit)
            if register.contact is not None:
                contacts.append((register.contact, contact_of(words[0], register)))
                continue
            raw = float(words[0]) if register.words == 1 and register.table in ("coil", "discrete") else None
            number = number_of(words, register.type, register.word_order) if raw is None else raw
            value = plausible(number, register.scale, register.offset, register.low, register.high)
            if value is None or register.metric is None:
                implausible += 1
            else:
                values[register.metric] = value
        return Measured(values, tuple(contacts), implausible)

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """A bus says nothing by itself."""
        self._clock.wait(stop, seconds)

    def close(self) -> None:
        """Let go of the line; another sensor on it opens it again."""
        self._bus.close()
