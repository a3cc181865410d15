"""Time series as values, and the one protocol that every store of them keeps."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

import msgspec

MAX_NAME = 200
# The last millisecond that nanoseconds in 64 bits can tell (year 2262): InfluxDB counts in these.
MAX_TS = 9_223_372_036_853


class Point(NamedTuple):
    """One measured value of one moment; ``ts`` in epoch milliseconds."""

    school: str
    device: str
    metric: str
    ts: int
    value: float


class Sample(NamedTuple):
    """A value of a series known from the context; ``ts`` in epoch milliseconds."""

    ts: int
    value: float


Place = tuple[str, str]
"""A device and a metric, where the school is known from the context."""


class Bucket(msgspec.Struct, frozen=True):
    """What a series did from ``ts`` (epoch milliseconds, the bucket's start) for one bucket's length."""

    ts: int
    count: int
    mean: float
    min: float
    max: float


class SeriesKey(msgspec.Struct, frozen=True):
    """Names one series: one metric of one device of one school."""

    school: str
    device: str
    metric: str


class Rejected(NamedTuple):
    """A point that no retry will make storable, with the reason."""

    point: Point
    reason: str


class WriteResult(msgspec.Struct, frozen=True):
    """What became of a batch: how many points are durable, and which never will be."""

    accepted: int
    rejected: tuple[Rejected, ...] = ()


class SeriesStore(Protocol):
    """Where readings are kept. Safe to call from several threads at once.

    A point is known by its series and ``ts``: writing it again replaces the value, so a batch may be repeated.
    Every method raises `campus.errors.Unavailable`, naming the fix, when the store cannot answer now.
    """

    def write(self, points: Sequence[Point]) -> WriteResult:
        """Store a batch; it is durable on return. After `Unavailable`, keep all of it and write it again."""
        ...

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, limit: int = 10_000) -> list[Sample]:
        """The first ``limit`` samples from ``start_ms`` on and before ``end_ms``, ascending in time."""
        ...

    def read_many(
        self, school: str, devices: Collection[str], metrics: Collection[str], start_ms: int, end_ms: int,
        mean_ms: int = 0, limit: int = 10_000,
    ) -> dict[Place, list[Sample]]:  # fmt: skip
        """What devices of a school measured in a range, each series as `read` gives it; only those with samples.

        With ``mean_ms`` the means of the buckets that `aggregate` gives, each at its bucket's start.
        """
        ...

    def aggregate(self, key: SeriesKey, start_ms: int, end_ms: int, every_ms: int) -> list[Bucket]:
        """Buckets of ``every_ms``, aligned to the epoch, ascending; empty ones are left out, so a gap shows as a gap.

        The range is widened to whole buckets. Raises `ValueError` when ``every_ms`` is below 1.
        """
        ...

    def latest(self, school: str, device: str) -> dict[str, Sample]:
        """The newest sample of each metric of a device; empty for a device that never sent one."""
        ...

    def delete_before(self, ts_ms: int) -> int:
        """Forget what is older than ``ts_ms``; how many points, or -1 where the store does not tell."""
        ...

    def rollup(self, now_ms: int) -> int:
        """Bring roll-ups up to date with ``now_ms``; how many were made, 0 where the store has none.

        Answers are right without it, only slower. Meant for a housekeeping job, about once a minute.
        """
        ...

    def ping(self) -> None:
        """Return when the store can take and give data; raise `Unavailable` with the fix otherwise."""
        ...

    def close(self) -> None:
        """Let go of connections and files; the store is not used afterwards."""
        ...


def point_problem(ts: int, value: float) -> str | None:
    """Why no store takes this moment and value, or None when it does."""
    if not math.isfinite(value):
        return f"the value is {value}, which is not a number to store"
    if not 0 <= ts <= MAX_TS:
        return f"the time {ts} is outside 1970 to 2262; epoch milliseconds are meant"
    return None


def name_problem(school: str, device: str, metric: str) -> str | None:
    """Why no store takes a series of this name, or None when it does."""
    for what, name in (("school", school), ("device", device), ("metric", metric)):
        if not 0 < len(name) <= MAX_NAME:
            return f"the {what} name has {len(name)} characters; 1 to {MAX_NAME} are taken"
        if not name.isprintable() or "\\" in name or name.startswith("_"):
            return f"the {what} name {name!r} has a control character, a backslash or a leading underscore"
    # InfluxDB drops a field of this name without a word.
    return "no metric can be called 'time'; choose another name" if metric == "time" else None


def whole_buckets(start_ms: int, end_ms: int, every_ms: int) -> tuple[int, int]:
    """The range widened to whole buckets of ``every_ms``; raises `ValueError` when that is below 1."""
    if every_ms < 1:
        raise ValueError(f"a bucket must last at least 1 ms, not {every_ms}")
    return start_ms // every_ms * every_ms, -(-end_ms // every_ms) * every_ms
