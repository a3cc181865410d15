"""Firmware of one school: what runs where, the files there are, campaigns with what became of each device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus.settings import SigningKey
from dashboards.views.people import account_names
from devices.control.tables import device_commands
from devices.firmware import campaigns, inventory
from devices.firmware.campaigns import Act, Campaign, CampaignStep
from devices.firmware.inventory import File, Running
from devices.tables import device_states, devices


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A computer that takes updates, with the version it says it runs; empty when it never said."""

    id: str
    name_zh: str
    name_en: str
    version: str
    state: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a device in a campaign: its turn has not come (``waits``), or what its order came to."""

    device: str
    state: str  # waits | waiting | sent | done | refused | expired
    detail: str


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign with the file it brings and every device in the order of their turn."""

    id: str
    model: str
    version: str
    hours: str
    state: str
    reason: str
    begun_at: datetime
    begun_by: str
    steps: tuple[Step, ...]
    acts: tuple[Act, ...]
    history: tuple[CampaignStep, ...]


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
    found = campaigns.all_of(conn, school)
    orders = _orders(conn, [order for one in found for order in one.orders.values()])
    return FirmwareView(
        now=now,
        running=tuple(inventory.running(conn, school)),
        files=tuple(
            msgspec.structs.replace(one, added_by=names.get(one.added_by, one.added_by)) for one in files.values()
        ),
        agents=_agents(conn, school),
        campaigns=tuple(_line(conn, one, files[one.file], orders, names) for one in found),
        keys=tuple(key.name for key in keys),
    )


_Orders = dict[str, tuple[str, str]]  # command -> its state, and what the device said


def _line(conn: sa.Connection, one: Campaign, file: File, orders: _Orders, names: Mapping[str, str]) -> CampaignLine:
    return CampaignLine(
        id=one.id,
        model=file.model,
        version=file.version,
        hours=one.hours,
        state=one.state,
        reason=one.reason,
        begun_at=one.begun_at,
        begun_by=names.get(one.begun_by, one.begun_by),
        steps=tuple(_step(device, orders.get(one.orders.get(device, ""))) for device in one.devices),
        acts=campaigns.acts_in(one.state),
        history=tuple(
            msgspec.structs.replace(step, by=names.get(step.by, step.by)) for step in campaigns.steps(conn, one.id)
        ),
    )


def _step(device: str, order: tuple[str, str] | None) -> Step:
    state, detail = order or ("waits", "")
    return Step(device=device, state=state, detail=detail)


def _orders(conn: sa.Connection, of: list[str]) -> _Orders:
    table = device_commands.c
    query = sa.select(table.id, table.state, table.detail).where(table.id.in_(of))
    return {row.id: (row.state, row.detail or "") for row in conn.execute(query)}


def _agents(conn: sa.Connection, school: str) -> tuple[Agent, ...]:
    same = sa.and_(device_states.c.school == devices.c.school, device_states.c.device == devices.c.id)
    columns = (devices.c.id, devices.c.name, devices.c.name_en, device_states.c.agent, device_states.c.state)
    here = (devices.c.school == school, devices.c.kind == "agent", devices.c.retired_at.is_(None))
    query = (
        sa.select(*columns).join_from(devices, device_states, same, isouter=True).where(*here).order_by(devices.c.id)
    )
    return tuple(
        Agent(id=row.id, name_zh=row.name, name_en=row.name_en, version=row.agent or "", state=row.state or "unknown")
        for row in conn.execute(query.order_by(devices.c.id))
    )
