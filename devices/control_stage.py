"""The pipeline's part of telling devices what to do: their answers settle what they were told, roll-outs go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from campus.envelope import Envelope
from campus.events import Reply
from devices import configuration, rollout

_CONFIG = re.compile(r"config-([1-9][0-9]{0,8})")


class ControlStage:
    """Takes replies; keeps nothing in memory."""

    name = "control"

    def handle(self, conn: Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Settle what the replies of the batch answer."""
        for envelope in batch:
            body = envelope.body
            if isinstance(body, Reply) and (found := _CONFIG.fullmatch(body.id)):
                configuration.settle(
                    conn, envelope.school, envelope.device, int(found[1]), now, ok=body.ok, detail=body.detail
                )
        return ()

    def tick(self, conn: Connection, now: datetime) -> Sequence[Envelope]:
        """Take roll-outs further."""
        rollout.advance(conn, now)
        return ()

    def committed(self) -> None:
        """Nothing is remembered."""

    def rolled_back(self) -> None:
        """Nothing is remembered."""
