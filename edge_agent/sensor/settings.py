"""``[[sensors]]`` of `edge.toml`: one device, how it is attached, what is read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.events import METRIC
from campus.settings import Port, Positive, Section
from edge_agent.values import DeviceId

Metric = Annotated[str, Meta(pattern=METRIC)]
Contact = Literal["smoke", "gas", "water", "panic", "door"]
NumberType = Literal["int16", "uint16", "int32", "uint32", "float32"]
Address = Annotated[int, Meta(ge=0, le=65_535)]
WORDS = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2}


class Register(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sensors.modbus.registers]]``: a value that is measured (``metric``) or a contact (``contact``)."""

    address: Address  # from 0, as in the protocol: 40001 of some manuals is 0 of ``holding``
    table: Literal["holding", "input", "coil", "discrete"] = "holding"
    metric: Metric | None = None
    contact: Contact | None = None
    type: NumberType = "int16"
    word_order: Literal["big", "little"] = "big"  # which word of a value of two comes first
    bit: Annotated[int, Meta(ge=0, le=15)] | None = None  # of a register that holds several contacts
    inverted: bool = False  # a contact that is active when it reads 0
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None  # below it a value is no measurement
    high: float | None = None
    unit: str = ""  # for people; nothing is converted by it

    def __post_init__(self) -> None:
        if (self.metric is None) == (self.contact is None):
            raise ValueError(f"register {self.address}: give it either metric or contact")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"register {self.address}: low {self.low} is not below high {self.high}")
        if self.address + self.words > 65_536:
            raise ValueError(f"register {self.address}: there is no register behind it for the rest of {self.type}")

    @property
    def words(self) -> int:
        """How many registers it takes."""
        return 1 if self.contact is not None or self.table in ("coil", "discrete") else WORDS[self.type]


class Modbus(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sensors.modbus]``: a device on a serial bus (RTU), or behind a gateway (TCP)."""

    registers: tuple[Register, ...]
    line: str = ""  # the serial line; sensors that name the same one share it in turn
    host: str = ""  # or the gateway
    port: Port = 502
    unit: Annotated[int, Meta(ge=1, le=247)] = 1  # the device's address on the bus
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    timeout_s: Annotated[float, Meta(ge=0.02, le=10)] = 0.5

    def __post_init__(self) -> None:
        if bool(self.line) == bool(self.host):
            raise ValueError("modbus: give either line (a serial bus) or host (a gateway)")
        if not self.registers:
            raise ValueError("modbus: registers is empty; nothing would be read")


class Pin(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sensors.pins]]``: a contact at a pin of the board."""

    contact: Contact
    pin: Annotated[int, Meta(ge=0, le=1023)]
    chip: str = "/dev/gpiochip0"
    active_low: bool = False  # the contact is active when the pin is at ground
    pull: Literal["none", "up", "down"] = "none"
    debounce_ms: Annotated[float, Meta(ge=0, le=5000)] = 30.0


class ValueFile(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sensors.files]]``: a number that the kernel keeps in a file: 1-wire and IIO sensors."""

    metric: Metric
    path: Path
    scale: float = 0.001  # the kernel gives thousandths of degrees
    offset: float = 0.0
    low: float | None = None
    high: float | None = None


class Sensor(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[sensors]]``: one device, by one or several of ``modbus``, ``pins`` and ``files``."""

    id: DeviceId
    poll_s: Annotated[float, Meta(ge=0.05, le=3600)] = 2.0  # a change of a contact is noticed within this
    telemetry_s: Positive = 30.0  # seconds between two readings
    modbus: Modbus | None = None
    pins: tuple[Pin, ...] = ()
    files: tuple[ValueFile, ...] = ()

    def __post_init__(self) -> None:
        if not (self.modbus or self.pins or self.files):
            raise ValueError(f"sensor {self.id!r}: give it modbus, pins or files")
        names = [*(r.metric for r in self.modbus.registers if r.metric)] if self.modbus else []
        names += [file.metric for file in self.files]
        if len(set(names)) < len(names):
            raise ValueError(f"sensor {self.id!r}: a metric is there twice")
