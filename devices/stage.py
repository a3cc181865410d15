"""The devices' part in the pipeline: who was heard, who went silent, and what the others are told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from campus import settings
from campus.envelope import Envelope
from devices.presence.hearing import hear
from devices.presence.presence import Facts, ParentState, Presence, presence
from devices.presence.states import Key, Known, States
from devices.presence.transitions import Transitions
from devices.registry import Registry
from devices.trust.quarantine import quarantine

__all__ = ["DeviceStage", "quarantine"]
_DUE_AT_ONCE = 2000
_PARENT_STATES: dict[str, ParentState] = {"offline": "down", "late": "late"}


class DeviceStage:
    """Keeps what is known of each device, concludes its presence and states `DeviceSilent` and `DeviceReturned`.

    ``listening`` tells whether the platform hears the broker at all. While it does not, and after ticks stood still
    for longer than ``settings.silent_after_s``, silence is the platform's own: devices get the same grace as after a
    start.
    """

    name = "devices"

    def __init__(
        self,
        registry: Registry,
        presence_settings: settings.Presence,
        listening: Callable[[], bool] = lambda: True,
    ) -> None:
        self._registry = registry
        self._settings = presence_settings
        self._listening = listening
        self._late_after = timedelta(seconds=presence_settings.late_after_s)
        self._silent_after = timedelta(seconds=presence_settings.silent_after_s)
        self._grace = timedelta(seconds=presence_settings.grace_s)
        self._states = States()
        self._listening_since: datetime | None = None
        self._ticked_at: datetime | None = None

    def handle(self, conn: Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Take note of who spoke; return who came back, and who said that it goes."""
        self._listening_since = self._listening_since or now
        by_device: dict[Key, list[Envelope]] = {}
        for envelope in batch:
            source = envelope.source
            key = (source.school, source.device)
            if key in by_device:
                by_device[key].append(envelope)
            else:
                by_device[key] = [envelope]
        self._states.load(conn, by_device)
        return self._take(conn, by_device, now)

    def tick(self, conn: Connection, now: datetime) -> Sequence[Envelope]:
        """Judge the devices whose moment has come; return who went silent."""
        if self._registry.refresh(conn):
            self._states.forget()
        self._notice_deafness(now)
        due = self._states.due(conn, self._registry.schools(), now, _DUE_AT_ONCE) if self._listening() else []
        self._states.load(conn, due)
        transitions = self._transitions(conn, now)
        postponed: list[Known] = []
        # Parents first: their children's verdict depends on theirs.
        for key in sorted(due, key=lambda key: self._registry.depth(*key)):
            known = self._states.get(key)
            if known is None or self._registry.source(*key) is None:
                continue
            verdict = self._judge(conn, known, now)
            if (verdict.state, verdict.reason) == (known.state, known.reason):
                postponed.append(msgspec.structs.replace(known, next_check_at=verdict.next_at))
            elif self._states.claim(conn, known):
                transitions.move(known, verdict)
        self._states.postpone(conn, postponed)
        return transitions.facts

    def committed(self) -> None:
        """Keep what was learned."""
        self._states.committed()

    def rolled_back(self) -> None:
        """Forget what was learned: the same messages will come again."""
        self._states.rolled_back()

    # -- hearing ---------------------------------------------------------------------------------------------------

    def _take(self, conn: Connection, by_device: dict[Key, list[Envelope]], now: datetime) -> Sequence[Envelope]:
        heard_only: list[Known] = []
        changed: list[Known] = []
        judged: list[tuple[Known, bool]] = []
        for key, messages in by_device.items():
            known = self._states.get(key)
            if known is None:
                continue  # not a device: a fact about something else, or enrolled this very second
            heard = hear(known, messages, self._late_after)
            if heard.plain and known.state in {"online", "sleeping"}:
                heard_only.append(heard.known)
            else:
                changed.append(heard.known)
                judged.append((heard.known, heard.alive))
        self._states.write_heard(conn, heard_only)
        self._states.write(conn, changed)
        transitions = self._transitions(conn, now)
        for known, alive in judged:
            verdict = self._judge(conn, known, now, alive)
            if (verdict.state, verdict.reason) != (known.state, known.reason):
                transitions.move(known, verdict, alive)
        return transitions.facts

    def _transitions(self, conn: Connection, now: datetime) -> Transitions:
        return Transitions(conn, now, self._states, self._registry, self._silent_after)

    # -- judging ---------------------------------------------------------------------------------------------------

    def _judge(self, conn: Connection, known: Known, now: datetime, alive: bool = False) -> Presence:
        parent = self._parent(conn, known)
        facts = Facts(
            said=known.said,
            said_at=known.said_at,
            heard_at=known.heard_at,
            given_up=known.reason if known.state == "offline" and not alive else "",
            parent=_PARENT_STATES.get(parent.state, "up") if parent else "up",
            parent_next=parent.next_check_at if parent else None,
            hold_until=self._hold_until(known),
        )
        return presence(facts, now, self._settings)

    def _parent(self, conn: Connection, known: Known) -> Known | None:
        parent = self._registry.parent(known.school, known.device)
        if parent is None:
            return None
        key = (known.school, parent)
        self._states.load(conn, [key])
        return self._states.get(key)

    def _hold_until(self, known: Known) -> datetime | None:
        """Before when the device is not given up: nobody is blamed for what the platform may have missed."""
        since = self._listening_since
        if since is None or known.heard_at is None or known.heard_at >= since:
            return known.excused_until
        return max(since + self._grace, known.excused_until or since)

    def _notice_deafness(self, now: datetime) -> None:
        stood_still = self._ticked_at is not None and now - self._ticked_at > self._silent_after
        if self._listening_since is None or stood_still or not self._listening():
            self._listening_since = now
        self._ticked_at = now
