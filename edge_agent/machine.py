"""How the machine under the agent is: room on its disk, and how hot it is where the kernel tells."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

THERMAL = Path("/sys/class/thermal")


def machine_health(folder: Path, thermal: Path = THERMAL) -> dict[str, float]:
    """``disk_free`` at ``folder`` (a share of 0..1) and ``temperature`` of the hottest zone (°C), where told."""
    health: dict[str, float] = {}
    with suppress(OSError):  # a disk that is gone is told by the spool, which cannot write
        usage = shutil.disk_usage(folder)
        health["disk_free"] = round(usage.free / usage.total, 3)
    if (hottest := _hottest(thermal)) is not None:
        health["temperature"] = hottest
    return health


def _hottest(thermal: Path) -> float | None:
    found = []
    for zone in thermal.glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue  # a zone that is switched off answers with an error
    return max(found, default=None)
