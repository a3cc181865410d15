"""Update campaigns: one device, then ten, then all, within the hours that were said; the first failure stops it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from campus.errors import CampusError, Conflict, NotFound
from campus.firmware import Update
from campus.ids import new_id
from devices import commands, configuration
from devices.control_tables import device_commands
from devices.firmware import inventory
from devices.firmware.tables import firmware_campaigns as campaigns
from devices.rollout import next_step

TIMEOUT = timedelta(minutes=25)  # below the patience of a roll-out: the device's own answer is the better reason
_REASON = 300
# What became of an order, as a roll-out sees it.
_SEEN: dict[commands.State, configuration.State] = {
    "waiting": "sent", "sent": "sent", "done": "applied", "refused": "refused", "expired": "refused",
}  # fmt: skip


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign and how far it came; ``orders`` names the command that each device was given."""

    id: str
    file: str
    devices: tuple[str, ...]
    orders: dict[str, str]
    hours: str
    downgrade: bool
    state: Literal["running", "stopped", "done"]
    reason: str
    begun_at: datetime
    begun_by: str


def begin(
    conn: sa.Connection, school: str, file: str, devices: Sequence[str], by: str, now: datetime, hours: str = "", *,
    downgrade: bool = False,
) -> Campaign:  # fmt: skip
    """Begin to bring ``file`` to ``devices`` (agents), in this order. Raises `NotFound` and `Conflict`."""
    inventory.get(conn, school, file)
    within(hours, time(0))
    chosen = tuple(dict.fromkeys(devices))
    if not chosen:
        raise Conflict("a campaign needs at least one device")
    for device in chosen:
        configuration.refuse_others(conn, school, device)
    made = Campaign(
        id=new_id(), file=file, devices=chosen, orders={}, hours=hours, downgrade=downgrade, state="running",
        reason="", begun_at=now, begun_by=by,
    )  # fmt: skip
    row = {**msgspec.structs.asdict(made), "devices": _text(chosen), "orders": "{}", "school": school, "wave_at": now}
    conn.execute(campaigns.insert().values(**row))
    return made


def stop(conn: sa.Connection, school: str, campaign: str, by: str) -> None:
    """Send it to no more devices; raises `NotFound` for one that does not run."""
    this = (campaigns.c.school == school) & (campaigns.c.id == campaign) & (campaigns.c.state == "running")
    if conn.execute(campaigns.update().where(this).values(state="stopped", reason=f"by {by}")).rowcount == 0:
        raise NotFound(f"no campaign {campaign!r} runs at {school!r}")


def advance(conn: sa.Connection, now: datetime, zone: tzinfo) -> None:
    """Take every running campaign its next step."""
    for row in conn.execute(campaigns.select().where(campaigns.c.state == "running")).all():
        found = _campaign(row)
        step = next_step(found.devices, _states(conn, found.orders), row.wave_at, now)
        change: dict[str, object] = {"reason": step.reason[:_REASON]}
        if step.verdict in {"stopped", "done"}:
            change |= {"state": step.verdict, "reason": _why(conn, found, step.reason)[:_REASON]}
        elif step.verdict == "send" and not within(found.hours, now.astimezone(zone).time()):
            change["reason"] = f"waits for {found.hours}"
        elif step.verdict == "send":
            change |= _send(conn, row.school, found, step.send, now)
        conn.execute(campaigns.update().where(campaigns.c.id == row.id).values(**change))


def all_of(conn: sa.Connection, school: str, limit: int = 50) -> list[Campaign]:
    """The campaigns of a school, the newest first."""
    query = campaigns.select().where(campaigns.c.school == school).order_by(campaigns.c.id.desc()).limit(limit)
    return [_campaign(row) for row in conn.execute(query)]


def within(hours: str, moment: time) -> bool:
    """Whether ``moment`` lies in ``hours`` ("22:00-05:00", may pass midnight; empty: always); raises `Conflict`."""
    if not hours:
        return True
    try:
        start, end = (time.fromisoformat(part) for part in hours.split("-"))
    except ValueError:
        raise Conflict(f"hours {hours!r} is not like 22:00-05:00") from None
    return start <= moment < end if start <= end else moment >= start or moment < end


def _send(
    conn: sa.Connection, school: str, found: Campaign, devices: Sequence[str], now: datetime
) -> dict[str, object]:  # fmt: skip
    file = inventory.get(conn, school, found.file)
    said = Update(
        model=file.model, version=file.version, size=file.size, sha256=file.sha256, signature=file.signature,
        url=file.url, downgrade=found.downgrade,
    )  # fmt: skip
    orders = dict(found.orders)
    try:
        for device in devices:
            made = commands.order(conn, school, device, "update", {"update": said}, found.begun_by, now, TIMEOUT)
            orders[device] = made.id
    except CampusError as error:
        return {"state": "stopped", "reason": str(error)[:_REASON], "orders": _text(orders)}
    return {"orders": _text(orders), "wave_at": now}


def _why(conn: sa.Connection, found: Campaign, reason: str) -> str:
    """The reason with what the device itself said."""
    device = reason.split(" ")[0]
    command = commands.get(conn, found.orders[device]) if device in found.orders else None
    return f"{reason}: {command.detail}" if command is not None and command.detail else reason


def _states(conn: sa.Connection, orders: Mapping[str, str]) -> dict[str, configuration.State]:
    query = sa.select(device_commands.c.id, device_commands.c.state).where(device_commands.c.id.in_(orders.values()))
    states: dict[str, commands.State] = {row.id: row.state for row in conn.execute(query)}
    return {device: _SEEN[states[order]] for device, order in orders.items()}


def _campaign(row: sa.Row[Any]) -> Campaign:
    values = {name: row._mapping[name] for name in Campaign.__struct_fields__}
    values["devices"] = msgspec.json.decode(values["devices"], type=tuple[str, ...])
    values["orders"] = msgspec.json.decode(values["orders"], type=dict[str, str])
    return Campaign(**values)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
