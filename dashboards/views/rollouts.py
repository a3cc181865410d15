"""Roll-outs of configurations at one school: the agents by place and by what they look after, and the campaigns."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from dashboards.views.campaigns import Agent, CampaignLine, agents, campaign_lines
from devices.control import rollout
from devices.control.campaigns import Campaign
from devices.tables import places


class PlaceOf(msgspec.Struct, frozen=True, kw_only=True):
    """A place by which agents are chosen, with the one it lies in."""

    id: str
    name_zh: str
    name_en: str
    parent: str


class RolloutView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page."""

    now: datetime
    agents: tuple[Agent, ...]
    places: tuple[PlaceOf, ...]
    campaigns: tuple[CampaignLine, ...]


def rollout_view(conn: sa.Connection, school: str, now: datetime) -> RolloutView:
    """The page of a school at ``now``, with the newest campaign first."""
    return RolloutView(
        now=now,
        agents=agents(conn, school),
        places=_places(conn, school),
        campaigns=campaign_lines(conn, school, rollout.KIND, rollout.ConfigurationCargo(), _title),
    )


def _title(campaign: Campaign) -> str:
    keys = ", ".join(campaign.content)
    return f"{campaign.note} ({keys})" if campaign.note else keys


def _places(conn: sa.Connection, school: str) -> tuple[PlaceOf, ...]:
    columns = (places.c.id, places.c.name, places.c.name_en, places.c.parent)
    query = sa.select(*columns).where(places.c.school == school).order_by(places.c.name)
    return tuple(
        PlaceOf(id=row.id, name_zh=row.name, name_en=row.name_en, parent=row.parent or "")
        for row in conn.execute(query)
    )
