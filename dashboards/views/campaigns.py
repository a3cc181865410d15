"""What the pages of firmware and of configurations share: the agents to choose from, and campaigns to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from dashboards.views.people import account_names
from devices.control import campaigns
from devices.control.campaign_reason import CampaignReason
from devices.control.campaigns import Act, Campaign, CampaignStep, Cargo, Kind
from devices.control.waves import OPEN, Outcome
from devices.tables import device_states, devices


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A computer that can be given things: the version and the revision that it says it runs, what stands behind it."""

    id: str
    name_zh: str
    name_en: str
    version: str  # empty: it never said
    revision: int  # 0: none
    state: str
    place: str
    kinds: tuple[str, ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a device in a campaign: its turn has not come (``waits``), or what it said, and when."""

    device: str
    state: str  # waits | waiting | sent | offline | done | refused | expired | replaced
    detail: str
    at: datetime | None


class CampaignLine(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign with what it brings and every device in the order of their turn."""

    id: str
    title: str
    hours: str
    tolerate: int
    state: str
    reason: CampaignReason | None
    begun_at: datetime
    begun_by: str
    steps: tuple[Step, ...]
    acts: tuple[Act, ...]
    history: tuple[CampaignStep, ...]


def campaign_lines(
    conn: sa.Connection, school: str, kind: Kind, cargo: Cargo, title: Callable[[Campaign], str]
) -> tuple[CampaignLine, ...]:
    """The campaigns of one kind at a school, the newest first."""
    names = account_names(conn, school)
    away = {one.id for one in agents(conn, school) if one.state == "offline"}
    found = []
    for one in campaigns.all_of(conn, school, kind):
        became = cargo.outcomes(conn, school, one.given)
        found.append(
            CampaignLine(
                id=one.id,
                title=title(one),
                hours=one.hours,
                tolerate=one.tolerate,
                state=one.state,
                reason=one.reason,
                begun_at=one.begun_at,
                begun_by=names.get(one.begun_by, one.begun_by),
                steps=tuple(_step(device, became.get(device), device in away) for device in one.devices),
                acts=campaigns.acts_of(one),
                history=_history(conn, one.id, names),
            )
        )
    return tuple(found)


def agents(conn: sa.Connection, school: str) -> tuple[Agent, ...]:
    """The agents in use at a school, by id."""
    same = sa.and_(device_states.c.school == devices.c.school, device_states.c.device == devices.c.id)
    columns = (
        devices.c.id, devices.c.name, devices.c.name_en, devices.c.place, device_states.c.agent,
        device_states.c.config, device_states.c.state,
    )  # fmt: skip
    here = (devices.c.school == school, devices.c.kind == "agent", devices.c.retired_at.is_(None))
    query = sa.select(*columns).join_from(devices, device_states, same, isouter=True).where(*here)
    behind = _behind(conn, school)
    return tuple(
        Agent(
            id=row.id, name_zh=row.name, name_en=row.name_en, version=row.agent or "", revision=row.config or 0,
            state=row.state or "unknown", place=row.place or "", kinds=behind.get(row.id, ()),
        )
        for row in conn.execute(query.order_by(devices.c.id))
    )  # fmt: skip


def _behind(conn: sa.Connection, school: str) -> dict[str, tuple[str, ...]]:
    """The kinds of what stands behind each device."""
    here = (devices.c.school == school, devices.c.parent.is_not(None), devices.c.retired_at.is_(None))
    query = sa.select(devices.c.parent, devices.c.kind).where(*here).distinct().order_by(devices.c.kind)
    found: dict[str, tuple[str, ...]] = {}
    for parent, kind in conn.execute(query):
        found[parent] = (*found.get(parent, ()), kind)
    return found


def _step(device: str, became: Outcome | None, away: bool) -> Step:
    if became is None:
        return Step(device=device, state="waits", detail="", at=None)
    state = "offline" if away and became.state in OPEN else became.state
    return Step(device=device, state=state, detail=became.detail or "", at=became.at)


def _history(conn: sa.Connection, campaign: str, names: Mapping[str, str]) -> tuple[CampaignStep, ...]:
    return tuple(
        msgspec.structs.replace(step, by=names.get(step.by, step.by)) for step in campaigns.steps(conn, campaign)
    )
