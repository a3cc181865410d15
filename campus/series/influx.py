"""The series store in InfluxDB 2: our own batches of line protocol, written synchronously.

One measurement ``reading``; tags ``school`` and ``device``; one float field for each metric. So the index grows with
devices, not with devices times metrics, and one line carries all values of a moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.dialect import Dialect
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from campus import settings
from campus.clock import from_ms, to_ms
from campus.errors import SettingsError, Unavailable
from campus.series import flux
from campus.series.store import (
    MAX_TS,
    Bucket,
    Place,
    Point,
    Rejected,
    Sample,
    SeriesKey,
    WriteResult,
    name_problem,
    point_problem,
    whole_buckets,
)

POINTS_PER_REQUEST = 10_000
NAMES_PER_REQUEST = 50  # with some hundred the server finds the question nested too deep
# The client declares this constant as a bare string.
_MS: Any = WritePrecision.MS
_DIALECT: Any = Dialect(header=True, annotations=[])  # type: ignore[no-untyped-call]


class InfluxSeries:
    """A `SeriesStore` in one bucket of an InfluxDB 2 server. Nothing is sent before the first call."""

    def __init__(self, section: settings.Series) -> None:
        if not section.token:
            raise SettingsError("series.token", "is empty", "Set CAMPUS_SERIES__TOKEN_FILE to a file with the token")
        self._section = section
        self._what = f"InfluxDB at {section.url}"
        self._client = InfluxDBClient(
            section.url, section.token, org=section.org, timeout=round(section.timeout_s * 1000), enable_gzip=True
        )
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)
        self._queries = self._client.query_api()
        self._deletes = self._client.delete_api()
        self._heads: dict[tuple[str, str, str], tuple[str, str]] = {}

    def write(self, points: Sequence[Point]) -> WriteResult:
        """Store a batch; InfluxDB answers when it stands in its write-ahead log."""
        rejected: list[Rejected] = []
        for at in range(0, len(points), POINTS_PER_REQUEST):
            good, bad = self._sort_out(points[at : at + POINTS_PER_REQUEST])
            rejected += bad
            if self._refusal(good) is not None:
                # Rare, so found out from the beginning: neighbours share the reason when sorted like this.
                rejected += self._search(sorted(good, key=lambda point: (point.metric, point.ts)))
        return WriteResult(len(points) - len(rejected), tuple(rejected))

    def read(self, key: SeriesKey, start_ms: int, end_ms: int, limit: int = 10_000) -> list[Sample]:
        """The first ``limit`` samples of the range, ascending."""
        if limit < 1:
            return []
        rows = self._ask(flux.READ, start_ms, end_ms, **_params(key), most=limit)
        return [Sample(_ms(row["_time"]), float(row["_value"])) for row in rows]

    def read_many(
        self, school: str, devices: Collection[str], metrics: Collection[str], start_ms: int, end_ms: int,
        mean_ms: int = 0, limit: int = 10_000,
    ) -> dict[Place, list[Sample]]:  # fmt: skip
        """A question for every `NAMES_PER_REQUEST` devices; the names are compared one by one, for the storage engine
        answers no `contains`.
        """
        start, end = whole_buckets(start_ms, end_ms, mean_ms) if mean_ms else (start_ms, end_ms)
        every = {"every": timedelta(milliseconds=mean_ms)} if mean_ms else {}
        fields = {f"metric{n}": name for n, name in enumerate(metrics)}
        names = list(devices) if fields and limit > 0 else []
        found: dict[Place, list[Sample]] = {}
        for at in range(0, len(names), NAMES_PER_REQUEST):
            named = {f"device{n}": name for n, name in enumerate(names[at : at + NAMES_PER_REQUEST])}
            question = flux.many(list(named), list(fields), bool(mean_ms))
            for row in self._ask(question, start, end, school=school, most=limit, **named, **fields, **every):
                sample = Sample(_ms(row["_time"]), float(row["_value"]))
                found.setdefault((row["device"], row["_field"]), []).append(sample)
        return found

    def aggregate(self, key: SeriesKey, start_ms: int, end_ms: int, every_ms: int) -> list[Bucket]:
        """Whole buckets, computed by the server."""
        start, end = whole_buckets(start_ms, end_ms, every_ms)
        found: dict[int, dict[str, float]] = {}
        for row in self._ask(flux.AGGREGATE, start, end, **_params(key), every=timedelta(milliseconds=every_ms)):
            found.setdefault(_ms(row["_time"]), {})[row["result"]] = float(row["_value"])
        return [
            Bucket(ts, int(part["count"]), part["mean"], part["min"], part["max"])
            for ts, part in sorted(found.items())
            # A point written between two of the four questions can give a bucket to the later ones alone.
            if len(part) == 4
        ]

    def latest(self, school: str, device: str) -> dict[str, Sample]:
        """The newest sample of each metric of a device."""
        rows = self._ask(flux.LATEST, 0, MAX_TS + 1, school=school, device=device)
        return {row["_field"]: Sample(_ms(row["_time"]), float(row["_value"])) for row in rows}

    def delete_before(self, ts_ms: int) -> int:
        """Forget older points; always -1, since InfluxDB does not count. The bucket's own retention is cheaper."""
        if ts_ms > 0:
            with self._translated():
                # The server takes the stop as inclusive.
                self._deletes.delete(
                    from_ms(0), from_ms(ts_ms - 1), f'_measurement="{flux.MEASUREMENT}"', self._section.bucket
                )
        return -1

    def rollup(self, now_ms: int) -> int:  # noqa: ARG002  the protocol's signature
        """Nothing to do: the server aggregates fast enough from the points."""
        return 0

    def ping(self) -> None:
        """Ask for data and write none; raises `Unavailable` naming the token, organisation or bucket that is wrong."""
        with self._translated():
            self._post(b"\n")  # an empty body would not be gzip, and the server answers 500 to that
        self._query(flux.PING, {"bucket": self._section.bucket})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _sort_out(self, points: Sequence[Point]) -> tuple[list[Point], list[Rejected]]:
        good: list[Point] = []
        rejected: list[Rejected] = []
        for point in points:
            school, device, metric, ts, value = point
            problem = point_problem(ts, value)
            if problem is None and self._head(school, device, metric) is None:
                problem = name_problem(school, device, metric)
            if problem is None:
                good.append(point)
            else:
                rejected.append(Rejected(point, problem))
        return good, rejected

    def _head(self, school: str, device: str, metric: str) -> tuple[str, str] | None:
        """The escaped beginning of a line and the escaped field; None for names that cannot be stored."""
        key = (school, device, metric)
        try:
            return self._heads[key]
        except KeyError:
            if name_problem(school, device, metric) is not None:
                return None
            head = f"{flux.MEASUREMENT},school={_escape(school)},device={_escape(device)}", _escape(metric)
            self._heads[key] = head
            return head

    def _lines(self, points: Sequence[Point]) -> bytes:
        lines: dict[tuple[str, int], dict[str, float]] = {}
        for school, device, metric, ts, value in points:
            head = self._heads[school, device, metric]
            lines.setdefault((head[0], ts), {})[head[1]] = value
        return "\n".join(
            f"{head} {','.join([f'{field}={float(value)!r}' for field, value in values.items()])} {ts}"
            for (head, ts), values in lines.items()
        ).encode()

    def _search(self, points: Sequence[Point]) -> list[Rejected]:
        """Write ``points`` of which some are refused, one value to a line, halving down to those that are."""
        refusal = self._refusal(points, alone=True)
        if refusal is None:
            return []
        dropped = re.search(r"dropped=(\d+)", refusal)
        if len(points) == 1 or (dropped is not None and int(dropped[1]) == len(points)):
            return [Rejected(point, refusal) for point in points]
        middle = len(points) // 2
        return self._search(points[:middle]) + self._search(points[middle:])

    def _refusal(self, points: Sequence[Point], *, alone: bool = False) -> str | None:
        """Write ``points``; None when all are stored, else why some are not. ``alone`` puts each on its own line."""
        if not points:
            return None
        body = b"\n".join([self._lines([point]) for point in points]) if alone else self._lines(points)
        with self._translated():
            try:
                self._post(body)
            except ApiException as error:
                reason = _message(error)
                if error.status in (400, 422) and ("partial write" in reason or "unable to parse" in reason):
                    return reason
                if error.status == 413:
                    return reason or "the request is too large"
                raise
        return None

    def _post(self, body: bytes) -> None:
        self._writes.write(self._section.bucket, self._section.org, body, write_precision=_MS)

    def _ask(self, question: str, start: int, end: int, **params: object) -> Iterator[dict[str, str]]:
        start, end = max(0, start), min(end, MAX_TS + 1)
        if start >= end:
            return iter(())
        bounds = {"start": start * 1_000_000, "stop": end * 1_000_000}
        return self._query(question, {"bucket": self._section.bucket, **bounds, **params})

    def _query(self, question: str, params: dict[str, object]) -> Iterator[dict[str, str]]:
        with self._translated():
            text = self._queries.query_raw(question, dialect=_DIALECT, params=params).data.decode()
        rows = list(flux.rows(text))
        # Past the first bytes an error cannot be a status any more; it comes as a table.
        if rows and "error" in rows[-1]:
            raise Unavailable(self._what, f"the query failed: {rows[-1]['error']}")
        return iter(rows)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ApiException as error:
            raise Unavailable(self._what, self._explain(error)) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            detail = f"it does not answer ({type(error).__name__}). Start it, or set series.url to where it runs"
            raise Unavailable(self._what, detail) from error

    def _explain(self, error: ApiException) -> str:
        reason, section = _message(error), self._section
        if error.status in (401, 403):
            wanted = f"a token that may read and write the bucket {section.bucket!r}"
            return f"it refuses the token ({error.status}). Set series.token (CAMPUS_SERIES__TOKEN_FILE) to {wanted}"
        if error.status == 404 or "not found" in reason:
            return f"{reason}. Create it, or set series.org ({section.org!r}) and series.bucket ({section.bucket!r})"
        return f"it answered {error.status}: {reason}"


def _params(key: SeriesKey) -> dict[str, str]:
    return {"school": key.school, "device": key.device, "metric": key.metric}


def _escape(name: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", name)


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def _message(error: ApiException) -> str:
    """The server's own words."""
    body = error.body or ""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip() if isinstance(body, str) and body.strip() else str(error.reason)
