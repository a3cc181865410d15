"""What goes wrong on a day: the script of known incidents that devices play and the truth tells."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

import msgspec

from campus import codec
from campus.clock import to_ms
from campus.events import Reading
from simulator.school.bells import is_school_day
from simulator.school.values import SimulatedSchool


class Span(msgspec.Struct, frozen=True):
    """Something that befalls ``device`` from ``start`` to ``end``."""

    device: str
    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        """Whether ``at`` is within; the end is not."""
        return self.start <= at < self.end


class SelfRaised(msgspec.Struct, frozen=True):
    """A sensor that decides by itself raises its alarm at ``start`` and clears it at ``end``."""

    device: str
    kind: Literal["smoke", "panic", "door"]
    start: datetime
    end: datetime


class Misspoken(msgspec.Struct, frozen=True):
    """A message that nobody can use: ``channel`` and bytes as sent, and the reason it will be refused with."""

    at: datetime
    device: str
    channel: Literal["telemetry", "event"]
    payload: bytes
    reason: str


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """The incidents of one day; on a day without incidents everything is empty."""

    dead_gates: tuple[Span, ...] = ()  # no power: people walk through unregistered
    cut_off_gates: tuple[Span, ...] = ()  # no network: passes are stored and sent late
    lost_cameras: tuple[Span, ...] = ()
    stuffy_rooms: tuple[Span, ...] = ()  # CO2 rises far above the limit and stays
    breathed_on: tuple[Span, ...] = ()  # CO2 jumps for two minutes: someone stands at the sensor
    self_raised: tuple[SelfRaised, ...] = ()
    intruder_at: datetime | None = None  # someone enters the fence zone of the rendered camera
    passer_by_at: datetime | None = None  # someone passes near that zone, outside it
    misspoken: tuple[Misspoken, ...] = ()
    strangers: tuple[Misspoken, ...] = ()  # well-formed messages of a device nobody registered


def script(school: SimulatedSchool, day: date) -> Script:
    """The incidents of ``day``: all of them on the school's own day, none on the days after it."""
    if day != school.day or not is_school_day(school, day):
        return Script()

    def at(local: str) -> datetime:
        return school.moment(day, time.fromisoformat(local))

    return Script(
        dead_gates=(Span("gate-2", at("07:35"), at("07:50")),),
        cut_off_gates=(Span("gate-3", at("07:20"), at("08:40")),),
        lost_cameras=(Span("cam-4", at("15:20"), at("15:40")),),
        stuffy_rooms=(Span("env-a-202", at("09:05"), at("09:45")),),
        breathed_on=(Span("env-b-103", at("11:20"), at("11:22")),),
        self_raised=(
            SelfRaised("door-lab-back", "door", at("13:05"), at("13:07")),
            SelfRaised("panic-gym-1", "panic", at("14:00"), at("14:06")),
            SelfRaised("smoke-computer-1", "smoke", at("15:10"), at("15:16")),
        ),
        passer_by_at=at("12:10"),
        intruder_at=at("12:40"),
        misspoken=(
            Misspoken(at("09:33:12"), "env-a-105", "telemetry", b'{"ts":"now","values":{"co2":640}}', "does not fit"),
            Misspoken(at("11:20:40"), "env-library", "telemetry", b'{"ts":17', "not JSON"),
            Misspoken(at("13:40:05"), "gate-1", "event", _unheard_of(at("13:40:05")), "unknown event type"),
        ),
        strangers=tuple(_stranger(at(f"11:0{minute}:20")) for minute in range(3)),
    )


def _unheard_of(at: datetime) -> bytes:
    """An event of a type that the platform does not know: a newer turnstile, say."""
    event = {"id": f"turnstile-{to_ms(at)}", "ts": to_ms(at), "type": "gate.held_open", "data": {"lane": "1"}}
    return msgspec.json.encode(event)


def _stranger(at: datetime) -> Misspoken:
    """A reading, good in itself, of a sensor that somebody plugged in without enrolling it."""
    payload = codec.encode_readings((Reading(ts=to_ms(at), values={"co2": 655.0}),))
    return Misspoken(at, "env-x99", "telemetry", payload, "unknown device")
