"""Roll-out of a configuration: a campaign whose cargo is laid over what each device has, and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict
from devices.control import campaigns, configuration
from devices.control.campaign_reason import CampaignReason
from devices.control.campaigns import Campaign, Plan
from devices.control.configuration import SettingChange, Settings
from devices.control.tables import device_configurations as configurations
from devices.control.waves import Outcome
from devices.control.waves import State as Became

KIND: campaigns.Kind = "configuration"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll-out would change on one device; nothing when it has all of it already."""

    device: str
    revision: int  # what it has; 0: it was given none and runs with its edge.toml
    changes: tuple[SettingChange, ...]


class ConfigurationCargo:
    """Settings laid over what each device has; ``given`` holds the revision that this became."""

    def give(self, conn: sa.Connection, campaign: Campaign, device: str, now: datetime) -> str:
        """The next revision of a device: what it has, with what the campaign sets."""
        _, before = _wanted(conn, campaign.school, device)
        note = campaign.note or f"roll-out {campaign.id}"
        whole = {**before, **campaign.content}
        made = configuration.propose(conn, campaign.school, device, whole, campaign.begun_by, now, note, campaign.id)
        return str(made.revision)

    def outcomes(self, conn: sa.Connection, school: str, given: Mapping[str, str]) -> dict[str, Outcome]:
        """What each device said to its revision."""
        table = configurations.c
        columns = (table.device, table.revision, table.state, table.detail, table.made_at, table.settled_at)
        query = sa.select(*columns).where(table.school == school, table.device.in_(list(given)))
        found = {
            row.device: Outcome(_became(row.state), row.detail, row.settled_at or row.made_at)
            for row in conn.execute(query)
            if given[row.device] == str(row.revision)
        }
        return {device: found[device] for device in given if device in found}


def effects(conn: sa.Connection, school: str, devices: Sequence[str], settings: Settings) -> list[Effect]:
    """The dry run: what ``settings`` would change on each device. Raises `NotFound` and `Conflict`."""
    configuration.check(settings)
    found = []
    for device in dict.fromkeys(devices):
        configuration.refuse_others(conn, school, device)
        revision, before = _wanted(conn, school, device)
        whole = {**before, **settings}
        configuration.check(whole)
        found.append(Effect(device=device, revision=revision, changes=configuration.diff(before, whole)))
    return found


def begin(conn: sa.Connection, school: str, settings: Settings, plan: Plan, by: str, now: datetime) -> Campaign:
    """Begin to lay ``settings`` over what devices have; those that have it are left out. Raises `Conflict`."""
    behind = [one.device for one in effects(conn, school, plan.devices, settings) if one.changes]
    if plan.devices and not behind:
        raise Conflict("every one of these devices has all of these settings already")
    return campaigns.begin(conn, school, KIND, settings, msgspec.structs.replace(plan, devices=behind), by, now)


def act(
    conn: sa.Connection, school: str, campaign: str, what: campaigns.Act, by: str, now: datetime, name: str = ""
) -> None:
    """As `campaigns.act`; ``back`` gives every device at once what it had before, unless it was given more since."""
    found = campaigns.act(conn, school, KIND, campaign, what, by, now, name)
    if what == "back":
        _take_back(conn, found, by, now, name or by)


def _take_back(conn: sa.Connection, found: Campaign, by: str, now: datetime, name: str) -> None:
    given = dict(found.given)
    left = []
    for device, revision in found.given.items():
        newest, _ = _wanted(conn, found.school, device)
        if str(newest) != revision:
            left.append(device)
            continue
        note = f"back to before revision {revision}"
        before = configuration.get(conn, found.school, device, newest - 1).settings if newest > 1 else {}
        made = configuration.propose(conn, found.school, device, before, by, now, note, found.id)
        given[device] = str(made.revision)
    why = CampaignReason(code="left_alone", detail=", ".join(left)) if left else CampaignReason(code="by", detail=name)
    campaigns.note_given(conn, found.id, given, why)


def _wanted(conn: sa.Connection, school: str, device: str) -> tuple[int, Settings]:
    newest = configuration.history(conn, school, device, 1)
    return (newest[0].revision, newest[0].settings) if newest else (0, {})


def _became(state: configuration.State) -> Became:
    return "done" if state == "applied" else state
