"""The pipeline's part of upkeep: answers settle what devices were told, campaigns go on, blind pictures are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection

from campus.envelope import Envelope
from campus.events import Reply
from devices.control import campaigns, commands, configuration
from devices.control.rollout import ConfigurationCargo
from devices.firmware.campaigns import FirmwareCargo
from devices.health.pictures import note_pictures

CARGOES: Mapping[campaigns.Kind, campaigns.Cargo] = {
    "firmware": FirmwareCargo(), "configuration": ConfigurationCargo(),
}  # fmt: skip
_CONFIG = re.compile(r"config-([1-9][0-9]{0,8})")


class ControlStage:
    """Takes replies, and what cameras say of their pictures; keeps nothing in memory."""

    name = "control"

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone  # in which the hours of campaigns are told

    def handle(self, conn: Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Settle what the replies of the batch answer; keep what is wrong with pictures."""
        note_pictures(conn, batch)
        for envelope in batch:
            body = envelope.body
            if isinstance(body, Reply):
                _settle(conn, envelope, body, now)
        return ()

    def tick(self, conn: Connection, now: datetime) -> Sequence[Envelope]:
        """Take campaigns further; give up commands that were not answered."""
        commands.expire(conn, now)
        campaigns.advance(conn, now, self._zone, CARGOES)
        return ()

    def committed(self) -> None:
        """Nothing is remembered."""

    def rolled_back(self) -> None:
        """Nothing is remembered."""


def _settle(conn: Connection, envelope: Envelope, reply: Reply, now: datetime) -> None:
    school, device = envelope.school, envelope.device
    if found := _CONFIG.fullmatch(reply.id):
        configuration.settle(conn, school, device, int(found[1]), now, ok=reply.ok, detail=reply.detail)
    else:
        commands.settle(conn, school, device, reply.id, now, ok=reply.ok, detail=reply.detail)
