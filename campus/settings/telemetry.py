"""From messages to stored readings and known devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.settings.section import Positive, Section


class Database(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[database]``: an SQLAlchemy URL; SQLite on one host, PostgreSQL when more than one host writes."""

    url: str = "sqlite:///data/campus.db"


class Series(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[series]``: the time series store: embedded (``path``) or InfluxDB 2 (``url`` and the keys after it)."""

    kind: Literal["sqlite", "influx"] = "sqlite"
    path: Path = Path("data/series.db")
    url: str = "http://127.0.0.1:8086"
    org: str = "campus"
    bucket: str = "campus"
    token: str = ""
    timeout_s: Positive = 10.0
    keep_days: Positive = 400.0  # older readings are deleted


class Ingest(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[ingest]``: how much is in flight and how it is batched."""

    in_flight: Annotated[int, Meta(ge=1, le=65535)] = 8000
    batch_messages: Annotated[int, Meta(ge=1, le=100_000)] = 2000
    batch_wait_ms: Annotated[int, Meta(ge=0, le=5000)] = 50
    clock_tolerance_s: Positive = 300.0  # a device time further off than this is flagged clock_suspect
    partition: Annotated[str, Meta(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$")] = "1/1"


class Presence(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[presence]``: when a device counts as late and as silent, in seconds since it was last heard."""

    late_after_s: Positive = 90.0
    silent_after_s: Positive = 180.0
    grace_s: Positive = 120.0  # after a start nobody is called silent for this long: no storm after a restart


class Edge(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[edge]``: the edge agent that `campus up` runs on this machine too; None: agents run elsewhere."""

    config: Path | None = None


class SigningKey(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[firmware.keys]]``: whose signature of firmware is believed; the name is shown as who signed."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    public_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Firmware(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[firmware]``: which files may be put on the list; agents check again, by a key of their own."""

    keys: tuple[SigningKey, ...] = ()
    largest_mb: Positive = 200.0


class Metrics(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[metrics]``: Prometheus metrics of each program; port 0 switches them off."""

    host: str = "127.0.0.1"
    ingest_port: Annotated[int, Meta(ge=0, le=65535)] = 9101
    alerts_port: Annotated[int, Meta(ge=0, le=65535)] = 9102
    edge_port: Annotated[int, Meta(ge=0, le=65535)] = 9103
