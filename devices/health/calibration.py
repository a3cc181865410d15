"""Whether a device's calibration is due, by the day that the asset ledger says."""

from __future__ import annotations

from datetime import UTC, date, datetime

from campus.clock import to_ms
from devices.health.finding import Finding


def calibration_due(due: date | None, today: date) -> Finding | None:
    """From the day on that it is due; what the sensor says is to be taken with care until it was done."""
    if due is None or today < due:
        return None
    days = (today - due).days
    since = to_ms(datetime(due.year, due.month, due.day, tzinfo=UTC))
    return Finding(
        "calibration_due", "", since, f"due since {due}, {days} days", {"day": due.isoformat(), "days": days}
    )
