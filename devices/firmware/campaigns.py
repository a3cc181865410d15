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
from devices.control import commands, configuration
from devices.control.rollout import next_step
from devices.control.tables import device_commands
from devices.firmware import inventory
from devices.firmware.tables import firmware_campaigns as campaigns
from devices.firmware.tables import firmware_steps as table_of_steps

TIMEOUT = timedelta(minutes=25)  # below the patience of a roll-out: the device's own answer is the better reason
_REASON = 300
PLATFORM = "platform"
# What became of an order, as a roll-out sees it.
_SEEN: dict[commands.State, configuration.State] = {
    "waiting": "sent", "sent": "sent", "done": "applied", "refused": "refused", "expired": "refused",
}  # fmt: skip


State = Literal["planned", "running", "paused", "stopped", "done"]
Act = Literal["start", "pause", "resume", "stop"]
_NEXT: dict[tuple[State, Act], State] = {
    ("planned", "start"): "running",
    ("planned", "stop"): "stopped",
    ("running", "pause"): "paused",
    ("running", "stop"): "stopped",
    ("paused", "resume"): "running",
    ("paused", "stop"): "stopped",
}


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign and how far it came; ``orders`` names the command that each device was given."""

    id: str
    file: str
    devices: tuple[str, ...]
    orders: dict[str, str]
    hours: str
    downgrade: bool
    state: State
    reason: str
    begun_at: datetime
    begun_by: str


class CampaignStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a campaign's state; ``old`` is empty when it was made."""

    old: str
    new: str
    at: datetime
    by: str
    why: str


def begin(
    conn: sa.Connection, school: str, file: str, devices: Sequence[str], by: str, now: datetime, hours: str = "", *,
    downgrade: bool = False, start: bool = True,
) -> Campaign:  # fmt: skip
    """Begin to bring ``file`` to ``devices`` (agents), in this order; without ``start`` it waits for that.

    Raises `NotFound` and `Conflict`.
    """
    inventory.get(conn, school, file)
    within(hours, time(0))
    chosen = tuple(dict.fromkeys(devices))
    if not chosen:
        raise Conflict("a campaign needs at least one device")
    for device in chosen:
        configuration.refuse_others(conn, school, device)
    made = Campaign(
        id=new_id(), file=file, devices=chosen, orders={}, hours=hours, downgrade=downgrade,
        state="running" if start else "planned", reason="", begun_at=now, begun_by=by,
    )  # fmt: skip
    row = {**msgspec.structs.asdict(made), "devices": _text(chosen), "orders": "{}", "school": school, "wave_at": now}
    conn.execute(campaigns.insert().values(**row))
    _step(conn, made.id, "", made.state, now, by)
    return made


def act(
    conn: sa.Connection, school: str, campaign: str, what: Act, by: str, now: datetime, name: str = ""
) -> None:  # fmt: skip
    """Start, pause, resume or stop one; raises `NotFound`, and `Conflict` for a step that cannot follow.

    What was sent already stays sent: a device that has the command installs. ``name`` is what ``by`` is called.
    """
    found = get(conn, school, campaign)
    new = _NEXT.get((found.state, what))
    if new is None:
        able = ", ".join(acts_in(found.state)) or "nothing"
        raise Conflict(f"a campaign that is {found.state} cannot {what}; it can: {able}")
    conn.execute(campaigns.update().where(campaigns.c.id == campaign).values(state=new, reason=f"by {name or by}"))
    _step(conn, campaign, found.state, new, now, by)


def acts_in(state: State) -> tuple[Act, ...]:
    """What can be done to a campaign in ``state``."""
    return tuple(what for before, what in _NEXT if before == state)


def get(conn: sa.Connection, school: str, campaign: str) -> Campaign:
    """One campaign; raises `NotFound`."""
    this = (campaigns.c.school == school) & (campaigns.c.id == campaign)
    row = conn.execute(campaigns.select().where(this)).first()
    if row is None:
        raise NotFound(f"no campaign {campaign!r} at {school!r}")
    return _campaign(row)


def steps(conn: sa.Connection, campaign: str) -> list[CampaignStep]:
    """The steps of a campaign, the oldest first."""
    query = table_of_steps.select().where(table_of_steps.c.campaign == campaign).order_by(table_of_steps.c.id)
    return [
        CampaignStep(**{name: row._mapping[name] for name in CampaignStep.__struct_fields__})
        for row in conn.execute(query)
    ]


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
        if "state" in change:
            _step(conn, row.id, found.state, str(change["state"]), now, PLATFORM, str(change["reason"]))


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


def _step(
    conn: sa.Connection, campaign: str, old: str, new: str, now: datetime, by: str, why: str = ""
) -> None:  # fmt: skip
    values = {"campaign": campaign, "old": old, "new": new, "at": now, "by": by, "why": why}
    conn.execute(table_of_steps.insert().values(**values))


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
