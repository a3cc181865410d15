"""What the devices of a school measured up to a moment: each stretch is read once, for all that are judged together."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from campus.series.store import Place, Sample, SeriesStore
from devices.health.sensor import DAY, SLOT, SURE, Slots

_MINUTE = 60_000


class Stretch(NamedTuple):
    """So many ms up to now. A series with ``most`` samples or more in it is taken by means of ``mean`` ms, and one
    without ``most`` always."""

    length: int
    mean: int
    most: int


LATELY = Stretch(SURE, _MINUTE, 10_000 * SURE // DAY)
LAST_DAY = Stretch(DAY, _MINUTE, 10_000)
MONTH = Stretch(30 * DAY, 30 * _MINUTE, 10_000)
THREE_DAYS = Stretch(3 * DAY, SLOT, 0)


class Readings:
    """The readings before ``now_ms`` and at it, in epoch milliseconds."""

    def __init__(self, store: SeriesStore, school: str, now_ms: int) -> None:
        self._store = store
        self._school = school
        self._now = now_ms
        self._slots: dict[Place, Slots] = {}
        self._known: dict[Stretch, dict[Place, Sequence[Sample]]] = defaultdict(dict)

    def fetch(self, stretch: Stretch, devices: Collection[str], metrics: Collection[str]) -> None:
        """Read what `of` will be asked for."""
        known = self._known[stretch]
        new = [one for one in devices if any((one, metric) not in known for metric in metrics)]
        if not new:
            return
        found = self._read(stretch, new, metrics, 0 if stretch.most else stretch.mean)
        for place in itertools.product(new, metrics):
            samples = found.get(place, ())
            dense = len(samples) >= stretch.most > 0
            known[place] = self._read(stretch, place[:1], place[1:], stretch.mean)[place] if dense else samples

    def fetch_each(self, stretch: Stretch, places: Iterable[Place]) -> None:
        """Read what `of` will be asked for of these series and no others."""
        metrics: dict[str, list[str]] = defaultdict(list)
        for device, metric in places:
            metrics[device].append(metric)
        alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for device, its in metrics.items():
            alike[tuple(its)].append(device)
        for same, devices in alike.items():
            self.fetch(stretch, devices, same)

    def of(self, stretch: Stretch, device: str, metric: str) -> Sequence[Sample]:
        """One series, ascending; empty for a device that did not measure this."""
        if (device, metric) not in self._known[stretch]:
            self.fetch(stretch, [device], [metric])
        return self._known[stretch][device, metric]

    def slots(self, device: str, metric: str) -> Slots:
        """Its means of ten minutes over three days: enough to see drift."""
        place = device, metric
        if place not in self._slots:
            self._slots[place] = dict(self.of(THREE_DAYS, device, metric))
        return self._slots[place]

    def _read(
        self, stretch: Stretch, devices: Collection[str], metrics: Collection[str], mean: int
    ) -> dict[Place, list[Sample]]:
        start, end = self._now - stretch.length, self._now + 1
        return self._store.read_many(self._school, devices, metrics, start, end, mean, stretch.most or 10_000)
