"""What a change of presence causes: its row, the outage, the facts for other domains, and a look at the children."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from campus import changes
from campus.envelope import Envelope, Source
from campus.facts import DeviceReturned, DeviceSilent, Fact
from devices.presence.presence import Presence
from devices.presence.states import Known, States
from devices.registry import Registry
from devices.tables import device_outages, device_transitions


class Transitions:
    """Writes the changes of presence of one transaction and collects the facts stated about them.

    A child of a parent that returned is given ``patience`` to speak before it counts as silent itself.
    """

    def __init__(
        self, conn: Connection, now: datetime, states: States, registry: Registry, patience: timedelta
    ) -> None:
        self.facts: list[Envelope] = []
        self._conn = conn
        self._now = now
        self._states = states
        self._registry = registry
        self._patience = patience

    def move(self, known: Known, verdict: Presence, alive: bool = False) -> None:
        """Move a device to ``verdict``; ``alive`` when it was just heard."""
        source = self._registry.source(known.school, known.device)
        if source is None:
            return
        silent_from = self._outage(known, verdict, source, alive)
        self._log(known, verdict)
        since = self._now if verdict.state != known.state else known.since
        after = msgspec.structs.replace(
            known, state=verdict.state, reason=verdict.reason, since=since, next_check_at=verdict.next_at,
            silent_from=silent_from, excused_until=None if alive else known.excused_until,
        )  # fmt: skip
        self._states.write(self._conn, [after])
        self._wake_children(known, after)

    def _outage(self, known: Known, verdict: Presence, source: Source, alive: bool) -> datetime | None:
        """Open or end the outage, state the facts; return the start of the outage that lasts."""
        if alive and known.silent_from is not None:
            self._end_outage(known)
            self._state(source, DeviceReturned(device=source.device, kind=source.kind, silent_from=known.silent_from))
            return None
        if verdict.state != "offline":
            return known.silent_from
        silent_from = known.silent_from or self._begin_outage(known, source)
        if verdict.reason == "last will" or verdict.reason == "heartbeat too old":
            behind = self._registry.behind(source.school, source.device)
            fact = DeviceSilent(
                device=source.device, kind=source.kind, since=silent_from, why=verdict.reason, behind=behind
            )
            self._state(source, fact)
        return silent_from

    def _begin_outage(self, known: Known, source: Source) -> datetime:
        # Nothing is known from the moment it was last heard, not from the one at which that was noticed.
        started_at = known.heard_at or self._now
        self._conn.execute(
            device_outages.insert().values(
                school=source.school, device=source.device, kind=source.kind, place=source.place,
                started_at=started_at, noticed_at=self._now,
            )
        )  # fmt: skip
        return started_at

    def _end_outage(self, known: Known) -> None:
        this = (device_outages.c.school == known.school) & (device_outages.c.device == known.device)
        lasting = device_outages.update().where(this, device_outages.c.ended_at.is_(None))
        self._conn.execute(lasting.values(ended_at=self._now))

    def _log(self, known: Known, verdict: Presence) -> None:
        self._conn.execute(
            device_transitions.insert().values(
                school=known.school, device=known.device, old=known.state, new=verdict.state,
                at=self._now, why=verdict.reason,
            )
        )  # fmt: skip
        changes.append(self._conn, self._now, known.school, "device", known.device)

    def _state(self, source: Source, fact: Fact) -> None:
        self.facts.append(Envelope(source=source, body=fact, at=self._now, received=self._now))

    def _wake_children(self, before: Known, after: Known) -> None:
        """Quiet children are looked at again when their parent dies or returns."""
        if (before.state == "offline") == (after.state == "offline"):
            return
        excuse = self._now + self._patience if before.state == "offline" else None
        keys = [(after.school, child) for child in self._registry.children(after.school, after.device)]
        self._states.load(self._conn, keys)
        children = [child for key in keys if (child := self._states.get(key)) and _is_quiet(child)]
        self._states.write(
            self._conn,
            [
                msgspec.structs.replace(child, next_check_at=self._now, excused_until=excuse or child.excused_until)
                for child in children
            ],
        )


def _is_quiet(child: Known) -> bool:
    return child.state == "late" or (child.state == "offline" and child.reason == "parent")
