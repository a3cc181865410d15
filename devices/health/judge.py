"""Judges devices of a school by their kinds: readings of the last days, neighbours, their own word, calibration.

Those that are judged together ask each thing once. What is read is as little as proves a device well: two hours, and
the day only of a series that is in doubt. What moves in days (`SLOW`) may be left as it was last found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median

import msgspec
import sqlalchemy as sa

from campus.clock import to_ms
from campus.series.store import SeriesStore
from devices.health.battery import battery_ending
from devices.health.calibration import calibration_due
from devices.health.camera import slow_frames, tampered
from devices.health.clock import OFFSET, ClockRun, gained
from devices.health.facts import Facts, facts_of, neighbours_of, silences_of
from devices.health.finding import Code, Finding, Health, conclude
from devices.health.flapping import flapping
from devices.health.gate import nobody_passed, read_errors
from devices.health.headset import HOT, cycles, hot, last_use, worn
from devices.health.pictures import faults_of
from devices.health.readings import LAST_DAY, LATELY, MONTH, THREE_DAYS, Readings
from devices.health.sensor import HOUR, NATURES, drift, of_the_day, unremarkable
from devices.tables import device_states

RUSH = timedelta(minutes=10)  # as the rule gate_silent_in_rush looks by default
SLOW: frozenset[Code] = frozenset({"drift", "battery_ending", "battery_worn"})
# What a headset's or a computer's thermometer says of itself follows no nature of a room.
_NOT_SENSORS = frozenset({"headset", "agent"})

Rush = Callable[[sa.Connection, str, datetime], Mapping[str, float]]
"""The gates of a school that are up and let nobody pass in the rush, with how many should have."""


class _Batch(msgspec.Struct, frozen=True):
    """The devices that are judged, and those of them of which what is slow is judged too."""

    conn: sa.Connection
    school: str
    now: datetime
    end: int  # the same in epoch milliseconds
    zone: tzinfo
    rush: Rush | None
    facts: Mapping[str, Facts]
    slow: frozenset[str]
    readings: Readings

    def of_kind(self, *kinds: str) -> list[str]:
        return [device for device, one in self.facts.items() if one.kind in kinds]

    def but(self, kinds: Collection[str]) -> list[str]:
        return [device for device, one in self.facts.items() if one.kind not in kinds]


_Found = Iterator[tuple[str, Finding | None]]


def school_health(
    conn: sa.Connection, store: SeriesStore, school: str, which: Collection[str], now: datetime,
    zone: tzinfo = UTC, rush: Rush | None = None, before: Mapping[str, Health] | None = None,
) -> dict[str, Health]:  # fmt: skip
    """The health of devices at ``now``; a device of which nothing can be judged has nothing found.

    ``zone`` is the school's, for the day of the calibration; ``rush`` tells of gates that nobody passes. Of a device
    that is in ``before`` what is `SLOW` is taken from there.
    """
    before = before or {}
    facts = facts_of(conn, school, which)
    readings, slow = Readings(store, school, to_ms(now)), frozenset(which) - before.keys()
    batch = _Batch(conn, school, now, to_ms(now), zone, rush, facts, slow, readings)
    readings.fetch(LATELY, batch.but({"agent"}), [*NATURES, "fps"])
    found: dict[str, list[Finding | None]] = {
        device: [f for f in before[device].findings if f.code in SLOW] if device in before else [] for device in which
    }
    for part in (_presence, _calibrations, _cameras, _gates, _headsets, _sensors, _batteries, _wear, _drifts):
        for device, finding in part(batch):
            found[device].append(finding)
    return {device: conclude(its) for device, its in found.items()}


def device_health(
    conn: sa.Connection, store: SeriesStore, school: str, device: str, now: datetime, zone: tzinfo = UTC,
    rush: Rush | None = None,
) -> Health:  # fmt: skip
    """The whole health of one device."""
    return school_health(conn, store, school, [device], now, zone, rush)[device]


def clock_run(conn: sa.Connection, store: SeriesStore, school: str, device: str, now: datetime) -> ClockRun:
    """How the device's clock ran in the last 24 hours."""
    samples = Readings(store, school, to_ms(now)).of(LAST_DAY, device, OFFSET)
    mine = (device_states.c.school == school) & (device_states.c.device == device)
    offset = conn.execute(sa.select(device_states.c.clock_offset_ms).where(mine)).scalar()
    return ClockRun(offset, gained(samples))


def charge_cycles(store: SeriesStore, school: str, device: str, now: datetime) -> float:
    """How many full charges a battery gave in the last 30 days."""
    return cycles(Readings(store, school, to_ms(now)).of(MONTH, device, "battery"))


def _presence(batch: _Batch) -> _Found:
    silences = silences_of(batch.conn, batch.school, list(batch.facts), batch.now, timedelta(hours=1))
    for device, moments in silences.items():
        yield device, flapping(moments, batch.end)


def _calibrations(batch: _Batch) -> _Found:
    today = batch.now.astimezone(batch.zone).date()
    for device, one in batch.facts.items():
        yield device, calibration_due(one.calibration_due, today)


def _cameras(batch: _Batch) -> _Found:
    cameras = batch.of_kind("camera")
    if not cameras:
        return
    for camera, kind, since in faults_of(batch.conn, batch.school, cameras):
        yield camera, tampered(kind, to_ms(since), batch.end)
    # A camera that does not say what it should give is held against its own past.
    told = {camera: batch.facts[camera].said.get("fps_wanted") for camera in cameras}
    batch.readings.fetch(LAST_DAY, [camera for camera in cameras if not told[camera]], ["fps"])
    for camera, wanted in told.items():
        samples = batch.readings.of(LATELY if wanted else LAST_DAY, camera, "fps")
        recent = [sample for sample in samples if sample.ts >= batch.end - HOUR]
        past = [sample.value for sample in samples if sample.ts < batch.end - HOUR]
        yield camera, slow_frames(recent, wanted or (median(past) if len(past) >= 60 else 0.0))


def _gates(batch: _Batch) -> _Found:
    gates = batch.of_kind("gate")
    silent = batch.rush(batch.conn, batch.school, batch.now) if batch.rush and gates else {}
    for gate in gates:
        said = batch.facts[gate].said
        passes, errors = round(said.get("passes_hour", 0)), round(said.get("errors_hour", 0))
        yield gate, read_errors(passes, errors, batch.end - HOUR)
        if gate in silent:
            yield gate, nobody_passed(silent[gate], to_ms(batch.now - RUSH))


def _headsets(batch: _Batch) -> _Found:
    headsets = batch.of_kind("headset")
    cool = {
        headset
        for headset in headsets
        if any(sample.value < HOT for sample in batch.readings.of(LATELY, headset, "temperature"))
    }
    batch.readings.fetch(LAST_DAY, [headset for headset in headsets if headset not in cool], ["temperature"])
    for headset in headsets:
        stretch = LATELY if headset in cool else LAST_DAY
        yield headset, hot(batch.readings.of(stretch, headset, "temperature"))


def _sensors(batch: _Batch) -> _Found:
    sensors, readings = batch.but(_NOT_SENSORS), batch.readings
    doubtful = [
        (sensor, metric)
        for sensor in sensors
        for metric, nature in NATURES.items()
        if not unremarkable(metric, readings.of(LATELY, sensor, metric), batch.end, nature)
    ]
    readings.fetch_each(LAST_DAY, doubtful)
    for sensor, metric in doubtful:
        if samples := readings.of(LAST_DAY, sensor, metric):
            for finding in of_the_day(metric, samples, batch.end, NATURES[metric]):
                yield sensor, finding


def _batteries(batch: _Batch) -> _Found:
    # A headset is charged every day: what counts is whether it lasts a lesson, not when it is empty.
    things = [device for device in batch.but({"headset"}) if device in batch.slow]
    batch.readings.fetch(MONTH, things, ["battery"])
    for device in things:
        yield device, battery_ending(batch.readings.of(MONTH, device, "battery"), batch.end)


def _wear(batch: _Batch) -> _Found:
    headsets = [headset for headset in batch.of_kind("headset") if headset in batch.slow]
    batch.readings.fetch(LAST_DAY, headsets, ["worn", "battery"])
    for headset in headsets:
        if use := last_use(batch.readings.of(LAST_DAY, headset, "worn")):
            levels = batch.readings.of(LAST_DAY, headset, "battery")
            yield headset, worn([level for level in levels if use[0] <= level.ts <= use[1]])


def _drifts(batch: _Batch) -> _Found:
    sensors = {sensor: batch.facts[sensor] for sensor in batch.but(_NOT_SENSORS) if sensor in batch.slow}
    if not sensors:
        return
    near = {one: its for one, its in neighbours_of(batch.conn, batch.school, sensors).items() if len(its) >= 2}
    batch.readings.fetch(THREE_DAYS, {*near, *(other for its in near.values() for other in its)}, NATURES)
    for sensor, its in near.items():
        for metric, nature in NATURES.items():
            own = batch.readings.slots(sensor, metric)
            others = [slots for other in its if (slots := batch.readings.slots(other, metric))]
            yield sensor, drift(metric, own, others, nature)
