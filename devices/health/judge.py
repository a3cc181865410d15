"""Judges one device by its readings of the last 24 hours, and against sensors of the same metric in the same place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from campus.clock import to_ms
from campus.series import Sample, SeriesKey, SeriesStore
from devices.health.battery import DAY, battery_ending
from devices.health.finding import Finding, Health, conclude
from devices.health.flapping import flapping
from devices.health.headset import hot
from devices.health.sensor import HOUR, natures_of, sensor_health
from devices.tables import device_transitions, devices

WINDOW = 24 * HOUR
BATTERY_WINDOW = 30 * DAY
_MOST_SAMPLES = 10_000
_MOST_NEIGHBOURS = 4


def device_health(conn: sa.Connection, store: SeriesStore, school: str, device: str, now: datetime) -> Health:
    """The health of a device at ``now``; a device without readings that can be judged has nothing found."""
    end = to_ms(now)
    near = _neighbours(conn, school, device)
    found: list[Finding | None] = [flapping(_silences(conn, school, device), end)]
    metrics = store.latest(school, device)
    if "battery" in metrics:
        found.append(battery_ending(_window(store, SeriesKey(school, device, "battery"), end, BATTERY_WINDOW), end))
    if "temperature" in metrics and _kind(conn, school, device) == "headset":
        found.append(hot(_window(store, SeriesKey(school, device, "temperature"), end)))
    for metric, nature in natures_of(sorted(metrics)).items():
        own = _window(store, SeriesKey(school, device, metric), end)
        others = [_window(store, SeriesKey(school, other, metric), end) for other in near]
        found += sensor_health(metric, own, [other for other in others if other], end, nature).findings
    return conclude(found)


def _silences(conn: sa.Connection, school: str, device: str) -> list[int]:
    """When the device was last given up for itself, not for its parent; the newest first."""
    table = device_transitions
    query = sa.select(table.c.at).where(table.c.school == school, table.c.device == device)
    query = query.where(table.c.new == "offline", table.c.why != "parent").order_by(table.c.at.desc())
    return [to_ms(at) for at in conn.execute(query.limit(100)).scalars()]


def _kind(conn: sa.Connection, school: str, device: str) -> str | None:
    query = sa.select(devices.c.kind).where(devices.c.school == school, devices.c.id == device)
    return conn.execute(query).scalar()


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
