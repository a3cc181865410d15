"""Judges one device by its kind: its readings of the last days, its neighbours, its own word, its calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.clock import to_ms
from campus.series.store import Sample, SeriesKey, SeriesStore
from devices.health.battery import DAY, battery_ending
from devices.health.calibration import calibration_due
from devices.health.camera import slow_frames, tampered
from devices.health.clock import OFFSET, ClockRun, gained
from devices.health.finding import Finding, Health, conclude
from devices.health.flapping import flapping
from devices.health.gate import nobody_passed, read_errors
from devices.health.headset import cycles, hot, last_use, worn
from devices.health.pictures import picture_faults
from devices.health.sensor import HOUR, natures_of, sensor_health
from devices.ledger.tables import device_assets
from devices.presence.states import health_of
from devices.tables import device_states, device_transitions, devices

WINDOW = 24 * HOUR
BATTERY_WINDOW = 30 * DAY
DRIFT_WINDOW = 3 * DAY
_MOST_SAMPLES = 10_000
_MOST_NEIGHBOURS = 4
RUSH = timedelta(minutes=10)  # as the rule gate_silent_in_rush looks by default
# What a headset's or a computer's thermometer says of itself follows no nature of a room.
_NOT_SENSORS = frozenset({"headset", "agent"})

Rush = Callable[[sa.Connection, str, datetime], Mapping[str, float]]
"""The gates of a school that are up and let nobody pass in the rush, with how many should have."""


Means = dict[tuple[str, str, str], Sequence[Sample]]
"""Means read for one moment, by school, device and metric: neighbours are looked at once for all of a room."""


class _Subject(msgspec.Struct, frozen=True):
    """The device that is judged; ``said`` is its own word in its status, ``metrics`` what it measures."""

    conn: sa.Connection
    store: SeriesStore
    school: str
    device: str
    kind: str
    said: Mapping[str, float]
    metrics: frozenset[str]
    now: datetime
    read: Means

    @property
    def end(self) -> int:
        return to_ms(self.now)

    def window(self, metric: str, window: int = WINDOW) -> Sequence[Sample]:
        """The samples of the last ``window`` ms."""
        if metric not in self.metrics:
            return ()
        return _window(self.store, SeriesKey(self.school, self.device, metric), self.end, window)

    def means(self, metric: str, device: str = "") -> Sequence[Sample]:
        """Means of ten minutes over the last three days, of this device or another one: enough to see drift."""
        which = (self.school, device or self.device, metric)
        if which not in self.read:
            key = SeriesKey(*which)
            buckets = self.store.aggregate(key, self.end - DRIFT_WINDOW, self.end, 10 * 60_000)
            self.read[which] = [Sample(bucket.ts, bucket.mean) for bucket in buckets]
        return self.read[which]


_Found = list[Finding | None]


def device_health(
    conn: sa.Connection, store: SeriesStore, school: str, device: str, now: datetime, zone: tzinfo = UTC,
    rush: Rush | None = None, read: Means | None = None,
) -> Health:  # fmt: skip
    """The health of a device at ``now``; a device of which nothing can be judged has nothing found.

    ``zone`` is the school's, for the day of the calibration; ``rush`` tells of gates that nobody passes;
    ``read`` is shared by those judged at the same ``now``.
    """
    row = conn.execute(_facts(school, device)).first()
    kind, said = (row.kind, health_of(row.health)) if row is not None else ("", {})
    one = _Subject(
        conn,
        store,
        school,
        device,
        kind,
        said,
        frozenset(store.latest(school, device)),
        now,
        {} if read is None else read,
    )
    found: _Found = [flapping(_silences(conn, school, device), one.end), *_of_battery(one)]
    found.append(calibration_due(row.calibration_due if row is not None else None, now.astimezone(zone).date()))
    if kind == "camera":
        found += _of_camera(one)
    if kind == "gate":
        found += _of_gate(one, rush)
    if kind == "headset":
        found += _of_headset(one)
    if kind not in _NOT_SENSORS:
        found += _of_sensor(one)
    return conclude(found)


def clock_run(conn: sa.Connection, store: SeriesStore, school: str, device: str, now: datetime) -> ClockRun:
    """How the device's clock ran in the last 24 hours."""
    samples = _window(store, SeriesKey(school, device, OFFSET), to_ms(now))
    mine = (device_states.c.school == school) & (device_states.c.device == device)
    offset = conn.execute(sa.select(device_states.c.clock_offset_ms).where(mine)).scalar()
    return ClockRun(offset, gained(samples))


def charge_cycles(store: SeriesStore, school: str, device: str, now: datetime) -> float:
    """How many full charges a battery gave in the last 30 days."""
    return cycles(_window(store, SeriesKey(school, device, "battery"), to_ms(now), BATTERY_WINDOW))


def _of_battery(one: _Subject) -> _Found:
    # A headset is charged every day: what counts is whether it lasts a lesson, not when it is empty.
    if one.kind == "headset":
        return []
    return [battery_ending(one.window("battery", BATTERY_WINDOW), one.end)]


def _of_camera(one: _Subject) -> _Found:
    found: _Found = [
        tampered(kind, to_ms(since), one.end) for kind, since in picture_faults(one.conn, one.school, one.device)
    ]
    samples = one.window("fps")
    recent = [sample for sample in samples if sample.ts >= one.end - HOUR]
    # A camera that does not say what it should give is held against its own past.
    past = [sample.value for sample in samples if sample.ts < one.end - HOUR]
    wanted = one.said.get("fps_wanted") or (median(past) if len(past) >= 60 else 0.0)
    return [*found, slow_frames(recent, wanted)]


def _of_gate(one: _Subject, rush: Rush | None) -> _Found:
    passes, errors = round(one.said.get("passes_hour", 0)), round(one.said.get("errors_hour", 0))
    expected = rush(one.conn, one.school, one.now).get(one.device) if rush else None
    silent = nobody_passed(expected, to_ms(one.now - RUSH)) if expected is not None else None
    return [read_errors(passes, errors, one.end - HOUR), silent]


def _of_headset(one: _Subject) -> _Found:
    use = last_use(one.window("worn"))
    levels = one.window("battery") if use else ()
    in_use = [level for level in levels if use and use[0] <= level.ts <= use[1]]
    return [hot(one.window("temperature")), worn(in_use)]


def _of_sensor(one: _Subject) -> _Found:
    found: _Found = []
    natures = natures_of(sorted(one.metrics))
    near = _neighbours(one.conn, one.school, one.device) if natures else []
    for metric, nature in natures.items():
        others = [one.means(metric, other) for other in near]
        own = [*(mean for mean in one.means(metric) if mean.ts < one.end - WINDOW), *one.window(metric)]
        found += sensor_health(metric, own, [other for other in others if other], one.end, nature).findings
    return found


def _facts(school: str, device: str) -> sa.Select[Any]:
    of_state = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    of_asset = (device_assets.c.school == devices.c.school) & (device_assets.c.device == devices.c.id)
    query = sa.select(devices.c.kind, device_states.c.health, device_assets.c.calibration_due)
    query = query.select_from(devices).outerjoin(device_states, of_state).outerjoin(device_assets, of_asset)
    return query.where(devices.c.school == school, devices.c.id == device)


def _silences(conn: sa.Connection, school: str, device: str) -> list[int]:
    """When the device was last given up for itself, not for its parent; the newest first."""
    table = device_transitions
    query = sa.select(table.c.at).where(table.c.school == school, table.c.device == device)
    query = query.where(table.c.new == "offline", table.c.why != "parent").order_by(table.c.at.desc())
    return [to_ms(at) for at in conn.execute(query.limit(100)).scalars()]


def _window(store: SeriesStore, key: SeriesKey, end: int, window: int = WINDOW) -> Sequence[Sample]:
    samples = store.read(key, end - window, end + 1, _MOST_SAMPLES)
    if len(samples) < _MOST_SAMPLES:
        return samples
    # A device that measures every few seconds is judged by 1440 means, of a minute each for a day.
    return [Sample(bucket.ts, bucket.mean) for bucket in store.aggregate(key, end - window, end + 1, window // 1440)]


def _neighbours(conn: sa.Connection, school: str, device: str) -> list[str]:
    """Devices of the same kind in the same place, in use."""
    own = devices.alias()
    query = (
        sa.select(devices.c.id)
        .join(
            own, (own.c.school == devices.c.school) & (own.c.place == devices.c.place) & (own.c.kind == devices.c.kind)
        )
        .where(own.c.school == school, own.c.id == device, devices.c.id != device, devices.c.retired_at.is_(None))
        .order_by(devices.c.id)
    )
    return list(conn.execute(query.limit(_MOST_NEIGHBOURS)).scalars())
