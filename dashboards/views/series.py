"""Readings of a device for a chart: buckets of a length that fits the span, so that a gap shows as a gap."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from campus.clock import to_ms
from campus.errors import NotFound
from campus.series.store import Bucket, Sample, SeriesKey, SeriesStore
from devices.health.clock import OFFSET

POINTS = 240
_STEPS_S = (10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)
LONGEST = timedelta(days=400)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one device: buckets of ``every_s`` seconds between two moments; empty buckets are left out."""

    device: str
    metric: str
    start: datetime
    end: datetime
    every_s: int
    buckets: tuple[Bucket, ...]


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The newest value of a metric; ``ts`` in epoch milliseconds."""

    metric: str
    ts: int
    value: float


def bucket_s(span: timedelta) -> int:
    """The bucket length in seconds that gives at most `POINTS` buckets."""
    return next((step for step in _STEPS_S if span.total_seconds() / step <= POINTS), _STEPS_S[-1])


def series(store: SeriesStore, school: str, device: str, metric: str, start: datetime, end: datetime) -> Series:
    """What a metric did between two moments; raises `NotFound` for a span that is none."""
    if not timedelta(0) < end - start <= LONGEST:
        raise NotFound(f"ask for a span above 0 and of at most {LONGEST.days} days")
    every = bucket_s(end - start)
    key = SeriesKey(school, device, metric)
    buckets = store.aggregate(key, to_ms(start), to_ms(end), every * 1000)
    return Series(device=device, metric=metric, start=start, end=end, every_s=every, buckets=tuple(buckets))


def latest(store: SeriesStore, school: str, device: str) -> list[Latest]:
    """The newest value of every metric a device has sent, by name."""
    newest: dict[str, Sample] = store.latest(school, device)
    sent = sorted((metric, sample) for metric, sample in newest.items() if metric != OFFSET)
    return [Latest(metric=metric, ts=sample.ts, value=sample.value) for metric, sample in sent]
