"""Campaigns: what they bring goes to one device, then ten, then all, within their hours, until too many fail.

The cargo says what: a firmware (`devices.firmware.campaigns`) or a configuration (`devices.control.rollout`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from typing import Any, Literal, Protocol

import msgspec
import sqlalchemy as sa

from campus.errors import CampusError, Conflict, NotFound
from campus.ids import new_id
from campus.retention import forget_rows
from devices.control.campaign_reason import CampaignReason, kept, read
from devices.control.configuration import refuse_others
from devices.control.tables import campaign_steps as table_of_steps
from devices.control.tables import device_campaigns as campaigns
from devices.control.waves import Outcome, next_step

PLATFORM = "platform"
Kind = Literal["firmware", "configuration"]
State = Literal["planned", "running", "paused", "stopped", "done", "back"]
Act = Literal["start", "pause", "resume", "stop", "back"]
_NEXT: dict[tuple[State, Act], State] = {
    ("planned", "start"): "running",
    ("planned", "stop"): "stopped",
    ("running", "pause"): "paused",
    ("running", "stop"): "stopped",
    ("paused", "resume"): "running",
    ("paused", "stop"): "stopped",
    ("paused", "back"): "back",
    ("stopped", "back"): "back",
    ("done", "back"): "back",
}


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign and how far it came; ``given`` names what each device was given, in its cargo's words."""

    id: str
    school: str
    kind: Kind
    content: dict[str, Any]
    devices: tuple[str, ...]
    given: dict[str, str]
    hours: str  # "22:00-05:00" local time, or empty: at any time
    tolerate: int  # percent of those that have it that may fail before it stops
    note: str
    state: State
    reason: CampaignReason | None
    begun_at: datetime
    begun_by: str


class CampaignStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a campaign's state; ``old`` is empty when it was made."""

    old: str
    new: str
    at: datetime
    by: str
    why: CampaignReason | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a campaign goes: to whom in which order, when, and what may fail; without ``start`` it waits for that."""

    devices: Sequence[str]
    hours: str = ""
    tolerate: int = 0
    note: str = ""
    start: bool = True


class Cargo(Protocol):
    """What a kind of campaign brings."""

    def give(self, conn: sa.Connection, campaign: Campaign, device: str, now: datetime) -> str:
        """Have a device sent it; returns what is kept in ``given``. Raises `CampusError`."""

    def outcomes(self, conn: sa.Connection, school: str, given: Mapping[str, str]) -> dict[str, Outcome]:
        """What became of each device in ``given``."""


def begin(
    conn: sa.Connection, school: str, kind: Kind, content: Mapping[str, object], plan: Plan, by: str, now: datetime
) -> Campaign:
    """Make a campaign to agents; raises `NotFound` and `Conflict`."""
    within(plan.hours, time(0))
    if not 0 <= plan.tolerate < 100:
        raise Conflict("the share that may fail is from 0 to 99 percent")
    chosen = tuple(dict.fromkeys(plan.devices))
    if not chosen:
        raise Conflict("a campaign needs at least one device")
    for device in chosen:
        refuse_others(conn, school, device)
    made = Campaign(
        id=new_id(), school=school, kind=kind, content=dict(content), devices=chosen, given={}, hours=plan.hours,
        tolerate=plan.tolerate, note=plan.note, state="running" if plan.start else "planned", reason=None,
        begun_at=now, begun_by=by,
    )  # fmt: skip
    texts = {"content": _text(content), "devices": _text(chosen), "given": "{}", "reason": ""}
    conn.execute(campaigns.insert().values(**{**msgspec.structs.asdict(made), **texts}))
    _step(conn, made.id, "", made.state, now, by)
    return made


def act(
    conn: sa.Connection, school: str, kind: Kind, campaign: str, what: Act, by: str, now: datetime, name: str = ""
) -> Campaign:
    """Start, pause, resume or stop one; raises `NotFound`, and `Conflict` for a step that cannot follow.

    What was sent already stays sent: a device that has it goes on. ``name`` is what ``by`` is called. Returns it as it
    was before.
    """
    found = get(conn, school, kind, campaign)
    if what not in acts_of(found):
        able = ", ".join(acts_of(found)) or "nothing"
        raise Conflict(f"a campaign that is {found.state} cannot {what}; it can: {able}")
    new = _NEXT[found.state, what]
    _change(conn, found.id, state=new, reason=kept(CampaignReason(code="by", detail=name or by)))
    _step(conn, campaign, found.state, new, now, by)
    return found


def acts_of(campaign: Campaign) -> tuple[Act, ...]:
    """What can be done to a campaign: only a configuration is taken back, a firmware by one of an older version."""
    acts = (what for before, what in _NEXT if before == campaign.state)
    return tuple(what for what in acts if what != "back" or (campaign.kind == "configuration" and campaign.given))


def note_given(conn: sa.Connection, campaign: str, given: Mapping[str, str], why: CampaignReason) -> None:
    """Keep what devices were given instead, and why."""
    _change(conn, campaign, given=_text(given), reason=kept(why))


def get(conn: sa.Connection, school: str, kind: Kind, campaign: str) -> Campaign:
    """One campaign; raises `NotFound`."""
    row = conn.execute(campaigns.select().where(_of(school, kind), campaigns.c.id == campaign)).first()
    if row is None:
        raise NotFound(f"no {kind} campaign {campaign!r} at {school!r}")
    return _campaign(row)


def all_of(conn: sa.Connection, school: str, kind: Kind, limit: int = 50) -> list[Campaign]:
    """The campaigns of a school, the newest first."""
    query = campaigns.select().where(_of(school, kind)).order_by(campaigns.c.id.desc()).limit(limit)
    return [_campaign(row) for row in conn.execute(query)]


def steps(conn: sa.Connection, campaign: str) -> list[CampaignStep]:
    """The steps of a campaign, the oldest first."""
    query = table_of_steps.select().where(table_of_steps.c.campaign == campaign).order_by(table_of_steps.c.id)
    return [
        CampaignStep(old=row.old, new=row.new, at=row.at, by=row.by, why=read(row.why)) for row in conn.execute(query)
    ]


def advance(conn: sa.Connection, now: datetime, zone: tzinfo, cargoes: Mapping[Kind, Cargo]) -> None:
    """Take every running campaign its next step."""
    for row in conn.execute(campaigns.select().where(campaigns.c.state == "running")).all():
        found = _campaign(row)
        cargo = cargoes[found.kind]
        step = next_step(found.devices, cargo.outcomes(conn, found.school, found.given), now, found.tolerate)
        if step.verdict == "send" and not within(found.hours, now.astimezone(zone).time()):
            _change(conn, found.id, reason=kept(CampaignReason(code="hours", detail=found.hours)))
        elif step.verdict == "send":
            _send(conn, found, cargo, step.send, step.why, now)
        elif step.verdict == "wait":
            _change(conn, found.id, reason=kept(step.why))
        else:
            _end(conn, found, step.verdict, step.why, now)


def forget_campaigns(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: campaigns that ended and began before, with their steps."""
    over = sa.and_(campaigns.c.state.in_(("stopped", "done", "back")), campaigns.c.begun_at < before)
    gone = forget_rows(conn, campaigns, over, limit)
    known = sa.select(campaigns.c.id).where(campaigns.c.id == table_of_steps.c.campaign).exists()
    return gone + forget_rows(conn, table_of_steps, sa.and_(~known, table_of_steps.c.at < before), limit)


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
    conn: sa.Connection, found: Campaign, cargo: Cargo, devices: Sequence[str], why: CampaignReason, now: datetime
) -> None:
    given = dict(found.given)
    try:
        for device in devices:
            given[device] = cargo.give(conn, found, device, now)
    except CampusError as error:
        _end(conn, found, "stopped", CampaignReason(code="problem", detail=str(error)), now)
    else:
        _change(conn, found.id, reason=kept(why))
    _change(conn, found.id, given=_text(given))


def _end(conn: sa.Connection, found: Campaign, state: State, why: CampaignReason, now: datetime) -> None:
    _change(conn, found.id, state=state, reason=kept(why))
    _step(conn, found.id, found.state, state, now, PLATFORM, why)


def _change(conn: sa.Connection, campaign: str, **values: str) -> None:
    conn.execute(campaigns.update().where(campaigns.c.id == campaign).values(**values))


def _step(
    conn: sa.Connection, campaign: str, old: str, new: str, now: datetime, by: str, why: CampaignReason | None = None
) -> None:
    values = {"campaign": campaign, "old": old, "new": new, "at": now, "by": by, "why": kept(why)}
    conn.execute(table_of_steps.insert().values(**values))


def _of(school: str, kind: Kind) -> sa.ColumnElement[bool]:
    return (campaigns.c.school == school) & (campaigns.c.kind == kind)


def _campaign(row: sa.Row[Any]) -> Campaign:
    values = {name: row._mapping[name] for name in Campaign.__struct_fields__}
    values["content"] = msgspec.json.decode(values["content"], type=dict[str, Any])
    values["devices"] = msgspec.json.decode(values["devices"], type=tuple[str, ...])
    values["reason"] = read(values["reason"])
    values["given"] = msgspec.json.decode(values["given"], type=dict[str, str])
    return Campaign(**values)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
