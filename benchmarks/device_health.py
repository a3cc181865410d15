"""How well sensor faults are found on real series: `python -m benchmarks.device_health DATA`, the folder of recordings.

Faults are put into real recordings (UCI room occupancy, seven nodes; UCI occupancy detection, one node) at known
times. The profile is asked every ten minutes with the last 72 hours, as a running platform would ask it. Told are: how
many of the faults were found, how long that took, and how often a healthy series was blamed.
"""

from __future__ import annotations

import argparse
import bisect
import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

from campus.clock import to_ms
from campus.series.store import Sample
from devices.health.finding import Code, Finding
from devices.health.sensor import (
    DAY,
    HOUR,
    NATURES,
    SLOT,
    SURE,
    Slots,
    drift,
    of_the_day,
    unremarkable,
)

WINDOW = 72 * HOUR
LIMIT = 24 * HOUR  # a fault that is not found within it counts as missed
PARTS = (0.5, 0.6, 0.7, 0.8)  # where in a series a fault begins
MINUTE = 60_000
Fault = Callable[[Sequence[Sample], int], list[Sample]]


class Recording(msgspec.Struct, frozen=True):
    """A real series, and the series of its neighbours that measure the same."""

    name: str
    metric: str
    samples: tuple[Sample, ...]
    neighbours: tuple[tuple[Sample, ...], ...] = ()


class Trial(msgspec.Struct, frozen=True):
    """One fault in one recording; ``delay`` (ms) from its begin until it was found, None when it never was."""

    fault: str
    recording: str
    delay: int | None


def stick(samples: Sequence[Sample], at: int) -> list[Sample]:
    """From ``at`` on the last value is repeated."""
    value = max((s for s in samples if s.ts <= at), key=lambda s: s.ts).value
    return [s if s.ts <= at else Sample(s.ts, value) for s in samples]


def spike(samples: Sequence[Sample], at: int) -> list[Sample]:
    """One reading at ``at`` is tenfold."""
    index = bisect.bisect_left([s.ts for s in samples], at)
    return [Sample(s.ts, s.value * 10 + 100) if i == index else s for i, s in enumerate(samples)]


def creep(samples: Sequence[Sample], at: int) -> list[Sample]:
    """From ``at`` on the value rises by half a unit an hour, as an ageing sensor's would in months."""
    return [Sample(s.ts, s.value + max(0, s.ts - at) / HOUR * 0.5) for s in samples]


def fall_silent(samples: Sequence[Sample], at: int) -> list[Sample]:
    """Nothing comes from ``at`` on."""
    return [s for s in samples if s.ts < at]


FAULTS: dict[Code, Fault] = {"stuck": stick, "jump": spike, "drift": creep, "gap": fall_silent}


def recordings(data: Path) -> list[Recording]:
    """The real series under ``data`` whose nature is known, with four neighbours for the room's thermometers."""
    room = _rows(data / "sensors" / "uci_room_occupancy_2017-12-22_25.csv")
    moments = [_ms(f"{row[0]} {row[1]}") for row in room[1:]]
    heat = [_column(room, moments, name) for name in ("S1_Temp", "S2_Temp", "S3_Temp", "S4_Temp")]
    found = [
        Recording(f"room S{n + 1}", "temperature", own, tuple(o for o in heat if o is not own))
        for n, own in enumerate(heat)
    ]
    found.append(Recording("room S5", "co2", _column(room, moments, "S5_CO2")))
    # The header names seven columns, the rows have eight: the first is a row number without a name.
    office = _rows(data / "sensors" / "uci_occupancy_datatraining.txt")
    office[0] = ["row", *office[0]]
    moments = [_ms(row[1]) for row in office[1:]]
    for column, metric in (("Temperature", "temperature"), ("Humidity", "humidity"), ("CO2", "co2")):
        found.append(Recording("office", metric, _column(office, moments, column)))
    return found


def _findings(recording: Recording, start: int, end: int, every: int) -> list[Finding]:
    found: list[Finding] = []
    for now in range(start, end + 1, every):
        found += profile(recording.metric, recording.samples, recording.neighbours, now)
    return found


def profile(metric: str, samples: Sequence[Sample], neighbours: Sequence[Sequence[Sample]], now: int) -> list[Finding]:
    """What is said of a sensor at ``now``, asked as `devices.health.judge` asks."""
    nature = NATURES[metric]
    said: list[Finding | None] = []
    if not unremarkable(metric, _window(samples, now, SURE), now, nature):
        said += of_the_day(metric, _window(samples, now, DAY), now, nature)
    near = [_ten_minutes(_window(other, now)) for other in neighbours]
    said.append(drift(metric, _ten_minutes(_window(samples, now)), near, nature))
    return [finding for finding in said if finding is not None]


def _ten_minutes(samples: Sequence[Sample]) -> Slots:
    slots: dict[int, list[float]] = {}
    for sample in samples:
        slots.setdefault(sample.ts // SLOT * SLOT, []).append(sample.value)
    return {slot: sum(values) / len(values) for slot, values in slots.items()}


def trials(recording: Recording, every: int = 10 * MINUTE, parts: Sequence[float] = PARTS) -> list[Trial]:
    """Each fault put in at each of ``parts`` of the recording, and when it was found within 24 hours."""
    found = []
    for code, fault in FAULTS.items():
        if code == "drift" and not recording.neighbours:
            continue
        for part in parts:
            at = recording.samples[int(len(recording.samples) * part)].ts
            found.append(
                Trial(code, recording.name + " " + recording.metric, _delay(recording, code, fault, at, every))
            )
    return found


def false_alarms(recording: Recording, every: int = 10 * MINUTE) -> list[Finding]:
    """What is said of the recording as it is: each finding once, by its begin for gaps and jumps, by kind otherwise."""
    first, last = recording.samples[0].ts + 6 * HOUR, recording.samples[-1].ts
    said = _findings(recording, first, last, every)
    once = {(f.code, f.since if f.code in {"gap", "jump", "stuck"} else 0): f for f in reversed(said)}
    return list(once.values())


def _delay(recording: Recording, code: Code, fault: Fault, at: int, every: int) -> int | None:
    broken = fault(recording.samples, at)
    for now in range(at + every, at + LIMIT + 1, every):
        # What would have been said of the untouched series too is no discovery.
        if _says(recording, broken, code, now) and not _says(recording, recording.samples, code, now):
            return now - at
        if code != "gap" and now > recording.samples[-1].ts:
            return None
    return None


def _says(recording: Recording, samples: Sequence[Sample], code: Code, now: int) -> bool:
    return any(found.code == code for found in profile(recording.metric, samples, recording.neighbours, now))


def _window(samples: Sequence[Sample], now: int, length: int = WINDOW) -> Sequence[Sample]:
    first = bisect.bisect_left(samples, now - length, key=lambda s: s.ts)
    return samples[first : bisect.bisect_right(samples, now, key=lambda s: s.ts)]


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def _column(rows: list[list[str]], moments: list[int], name: str) -> tuple[Sample, ...]:
    index = rows[0].index(name)
    pairs = zip(moments, rows[1:], strict=True)
    return tuple(Sample(ts, float(row[index])) for ts, row in pairs if row[index].strip())


def _ms(text: str) -> int:
    return to_ms(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))


def main() -> None:
    """Print the table of `docs/measurements-devices.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of recordings, with sensors/ in it")
    real = recordings(parser.parse_args().data)
    done = [trial for recording in real for trial in trials(recording)]
    print("| fault | put in | found | delay, median | delay, longest |\n|---|---|---|---|---|")
    for code in FAULTS:
        delays = [t.delay for t in done if t.fault == code]
        seen = sorted(d for d in delays if d is not None)
        times = f"{median(seen) / MINUTE:.0f} min | {seen[-1] / MINUTE:.0f} min" if seen else "- | -"
        print(f"| {code} | {len(delays)} | {len(seen)} | {times} |")
    print("not found:", *(f"{t.fault} in {t.recording};" for t in done if t.delay is None))
    for recording in real:
        days = (recording.samples[-1].ts - recording.samples[0].ts) / (24 * HOUR)
        said = "; ".join(f"{f.code}: {f.why}" for f in false_alarms(recording))
        print(f"- {recording.name} {recording.metric}, {days:.1f} days untouched: {said or 'nothing said'}")


if __name__ == "__main__":
    main()
