"""The questions to InfluxDB in its language Flux, and the rows of its answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

MEASUREMENT = "reading"

_SERIES = """
series = from(bucket: bucket)
    |> range(start: time(v: start), stop: time(v: stop))
    |> filter(fn: (r) => r._measurement == "reading" and r.school == school and r.device == device)
"""
READ = (
    _SERIES
    + """
series |> filter(fn: (r) => r._field == metric) |> keep(columns: ["_time", "_value"]) |> limit(n: most)
"""
)
_MEANS = '|> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start")'
# Four plain windows, since each is answered inside the storage engine; a reduce over the points would not be.
AGGREGATE = (
    _SERIES
    + """
metrics = series |> filter(fn: (r) => r._field == metric)
metrics |> aggregateWindow(every: every, fn: count, createEmpty: false, timeSrc: "_start") |> yield(name: "count")
metrics |> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start") |> yield(name: "mean")
metrics |> aggregateWindow(every: every, fn: min, createEmpty: false, timeSrc: "_start") |> yield(name: "min")
metrics |> aggregateWindow(every: every, fn: max, createEmpty: false, timeSrc: "_start") |> yield(name: "max")
"""
)
LATEST = _SERIES + "\nseries |> last()\n"
PING = "from(bucket: bucket) |> range(start: -1s) |> limit(n: 1)"


def many(devices: Sequence[str], metrics: Sequence[str], means: bool) -> str:
    """The question for what parameters called ``devices`` and ``metrics`` name."""
    which = " or ".join(f"r.device == {name}" for name in devices)
    what = " or ".join(f"r._field == {name}" for name in metrics)
    return f"""from(bucket: bucket)
    |> range(start: time(v: start), stop: time(v: stop))
    |> filter(fn: (r) => r._measurement == "{MEASUREMENT}" and r.school == school)
    |> filter(fn: (r) => {what})
    |> filter(fn: (r) => {which})
    {_MEANS if means else ""}
    |> keep(columns: ["device", "_field", "_time", "_value"])
    |> limit(n: most)
"""


def rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of all tables of an answer; each table begins with a header after an empty line."""
    header: list[str] = []
    for row in csv.reader(io.StringIO(text)):
        if not row:
            header = []
        elif not header:
            header = row
        else:
            yield dict(zip(header, row, strict=False))
