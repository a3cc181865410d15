"""The planned check that a device's calibration is: it follows the ledger, and the ledger follows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid5

import sqlalchemy as sa

from campus import db
from devices.ledger.assets import Amendment, Asset, amend, assets
from devices.upkeep.tables import planned_checks as checks

USUAL_MONTHS = 12  # where the ledger says when and not how often
_OURS = UUID("8f0f7d5e-2f0b-5b43-9d7e-6a3f7a1c0651")
_FOLLOWS = ["every", "first_due", "next_due", "ended_at"]


def check_of(school: str, device: str) -> str:
    """The id of the planned check that a device's calibration is."""
    return str(uuid5(_OURS, f"{school}/{device}"))


def months_of(asset: Asset) -> int:
    """How many months lie between two calibrations."""
    return asset.calibration_months or USUAL_MONTHS


def follow_ledger(conn: sa.Connection, school: str, devices: Iterable[str], by: str, now: datetime) -> None:
    """Plan the calibrations of ``devices`` as the ledger says; one that it no longer names is planned no longer."""
    wanted = list(devices)
    ledger = assets(conn, school, wanted) if wanted else {}
    rows = [_row(school, one, ledger[one], by, now) for one in wanted if one in ledger and ledger[one].calibration_due]
    db.upsert(checks, conn, rows, ["id"], _FOLLOWS)
    gone = {check_of(school, one) for one in wanted} - {row["id"] for row in rows}
    ending = checks.update().where(checks.c.id.in_(gone), checks.c.ended_at.is_(None))
    if gone:
        conn.execute(ending.values(ended_at=now))


def calibrated(conn: sa.Connection, school: str, device: str, due: date, by: str, now: datetime) -> None:
    """The device was calibrated and is due again on ``due``: the ledger says so."""
    amend(conn, school, device, Amendment(calibration_due=due), by, now)
    follow_ledger(conn, school, [device], by, now)


def _row(school: str, device: str, asset: Asset, by: str, now: datetime) -> dict[str, object]:
    due = asset.calibration_due
    return {
        "id": check_of(school, device), "school": school, "title": f"校准 Calibration: {device}", "instructions": "",
        "kind": "", "place": None, "device": device, "every": months_of(asset), "unit": "month", "first_due": due,
        "next_due": due, "made_at": now, "made_by": by, "ended_at": None,
    }  # fmt: skip
