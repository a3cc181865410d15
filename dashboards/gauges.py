"""Gauges of the school's devices for Prometheus, counted when asked and at most every 15 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from campus import db
from campus.errors import Unavailable
from dashboards.deps import Deps
from dashboards.views.vitals import vitals
from dashboards.vitals import STATES
from devices import gauges

_KEPT_S = 15.0


class DeviceGauges:
    """``campus_devices{kind, state}`` as text; empty while the database cannot be asked."""

    def __init__(self, deps: Deps, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._deps = deps
        self._monotonic = monotonic
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._text = b""
        self._until = float("-inf")

    def text(self) -> bytes:
        """The exposition text; counted anew when the last count is older than 15 s."""
        if self._monotonic() >= self._until:
            self._text = generate_latest(self._registry)
            self._until = self._monotonic() + _KEPT_S
        return self._text

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry need not ask the database when this is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges of now."""
        try:
            with db.read(self._deps.engine) as conn:
                counts = gauges.counts(conn, self._deps.school.id)
            signs = vitals(self._deps)
        except Unavailable:
            return
        family = GaugeMetricFamily("campus_devices", "Devices in use, by kind and state", labels=["kind", "state"])
        for (kind, state), count in sorted(counts.items()):
            family.add_metric([kind, state], count)
        yield family
        health = GaugeMetricFamily(
            "campus_platform_health", "The platform's vital signs: 0 ok, 1 to watch, 2 bad", labels=["sign", "of"]
        )
        for one in signs:
            health.add_metric([one.sign, one.of], STATES.index(one.state))
        yield health
