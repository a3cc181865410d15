"""Commands that firmware and configurations share: list campaigns to agents, start, pause, resume, stop, take back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cli.commands.device_registry import JSON, told
from cli.options import BY, CONFIG, database, load_settings

if TYPE_CHECKING:
    from devices.control.campaign_reason import CampaignReason
    from devices.control.campaigns import Act, Kind

HOURS = click.option("--hours", default="", help="Only within these hours, local time, such as 22:00-05:00.")
TOLERATE = click.option(
    "--tolerate", default=0, show_default=True, help="Percent of those that have it that may fail before it stops."
)
_ACTS: dict[Act, str] = {
    "start": "Start CAMPAIGN that was only planned.",
    "pause": "Send CAMPAIGN to no more devices until it is resumed.",
    "resume": "Go on with CAMPAIGN.",
    "stop": "Send CAMPAIGN to no more devices, for good.",
    "back": "Give every device of CAMPAIGN at once what it had before.",
}


def add_campaign_commands(group: click.Group, kind: Kind, listing: str, *acts: Act) -> None:
    """Give ``group`` a command named ``listing`` that lists campaigns of ``kind``, and one for each act."""
    group.add_command(_listing(kind, listing))
    for what in acts:
        group.add_command(_acting(kind, what))


def _listing(kind: Kind, name: str) -> click.Command:
    @click.command(name=name, help="List the campaigns, newest first, and how far they came.")
    @CONFIG
    @JSON
    def listed(config_path: Path | None, as_json: bool) -> None:
        from devices.control.campaigns import all_of

        with database(load_settings(config_path)) as (conn, school, _now):
            found = all_of(conn, school, kind)
        if as_json:
            return told(found)
        for one in found:
            click.echo(f"{one.id}  {one.state:<8} {len(one.given)} of {len(one.devices)}  {in_words(one.reason)}")
        return None

    return listed


def in_words(why: CampaignReason | None) -> str:
    """Why a campaign stands where it does, in English."""
    from dashboards.texts.catalogue import say

    if why is None:
        return ""
    plain = "_plain" if why.code in ("refused", "failed") and not why.detail else ""
    return say("en", f"campaign.why.{why.code}{plain}", **msgspec.structs.asdict(why))


def _acting(kind: Kind, what: Act) -> click.Command:
    @click.command(name=what, help=_ACTS[what])
    @CONFIG
    @BY
    @click.argument("campaign")
    def acting(config_path: Path | None, by: str, campaign: str) -> None:
        from devices.control import campaigns, rollout

        with database(load_settings(config_path)) as (conn, school, now):
            if kind == "configuration":
                rollout.act(conn, school, campaign, what, by, now)
            else:
                campaigns.act(conn, school, kind, campaign, what, by, now)
        click.echo(f"{what.capitalize()}: done.")

    return acting
