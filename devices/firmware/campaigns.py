"""Update campaigns: a campaign whose cargo is a signed file, given to each device as a command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from campus.firmware import Update
from devices.control import campaigns, commands
from devices.control.campaigns import Campaign, Plan
from devices.control.tables import device_commands
from devices.control.waves import Outcome
from devices.firmware import inventory

KIND: campaigns.Kind = "firmware"
TIMEOUT = timedelta(minutes=25)  # below the patience of a campaign: the device's own answer is the better reason


class FirmwareCargo:
    """A signed file; ``given`` holds the command by which a device was told to install it."""

    def give(self, conn: sa.Connection, campaign: Campaign, device: str, now: datetime) -> str:
        """Order a device to install the file."""
        file = inventory.get(conn, campaign.school, campaign.content["file"])
        said = Update(
            model=file.model, version=file.version, size=file.size, sha256=file.sha256, signature=file.signature,
            url=file.url, downgrade=campaign.content["downgrade"],
        )  # fmt: skip
        by, what = campaign.begun_by, {"update": said}
        return commands.order(conn, campaign.school, device, "update", what, by, now, TIMEOUT, campaign.id).id

    def outcomes(self, conn: sa.Connection, school: str, given: Mapping[str, str]) -> dict[str, Outcome]:
        """What each device answered to its command."""
        wanted = device_commands.c.id.in_(given.values())
        query = device_commands.select().where(device_commands.c.school == school, wanted)
        found = {
            row.id: Outcome(row.state, row.detail, row.settled_at or row.asked_at) for row in conn.execute(query)
        }  # fmt: skip
        return {device: found[order] for device, order in given.items() if order in found}


def begin(
    conn: sa.Connection, school: str, file: str, plan: Plan, by: str, now: datetime, *, downgrade: bool = False
) -> Campaign:
    """Begin to bring ``file`` to agents; raises `NotFound` and `Conflict`."""
    inventory.get(conn, school, file)
    return campaigns.begin(conn, school, KIND, {"file": file, "downgrade": downgrade}, plan, by, now)
