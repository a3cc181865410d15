"""Firmware of one school: what runs where, the files there are, campaigns with what became of each device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus.settings import SigningKey
from dashboards.views.campaigns import Agent, CampaignLine, agents, campaign_lines
from dashboards.views.people import account_names
from devices.control.campaigns import Campaign
from devices.firmware import campaigns, inventory
from devices.firmware.inventory import File, Running


class FirmwareView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page."""

    now: datetime
    running: tuple[Running, ...]
    files: tuple[File, ...]
    agents: tuple[Agent, ...]
    campaigns: tuple[CampaignLine, ...]
    keys: tuple[str, ...]  # whose signature an uploaded file needs


def firmware_view(conn: sa.Connection, school: str, keys: Sequence[SigningKey], now: datetime) -> FirmwareView:
    """The page of a school at ``now``: what runs, files and campaigns with the newest first."""
    names = account_names(conn, school)
    files = {one.id: one for one in inventory.files(conn, school)}

    def title(campaign: Campaign) -> str:
        file = files[campaign.content["file"]]
        return f"{file.model} {file.version}"

    return FirmwareView(
        now=now,
        running=tuple(inventory.running(conn, school)),
        files=tuple(
            msgspec.structs.replace(one, added_by=names.get(one.added_by, one.added_by)) for one in files.values()
        ),
        agents=agents(conn, school),
        campaigns=campaign_lines(conn, school, campaigns.KIND, campaigns.FirmwareCargo(), title),
        keys=tuple(key.name for key in keys),
    )
