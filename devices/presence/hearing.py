"""From the messages of one device in one batch to what is newly known of it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from campus.envelope import Envelope
from campus.events import Readings, Status
from devices.presence.states import Known
from devices.presence.trail import Trail, follow


class Heard(msgspec.Struct, frozen=True):
    """``known`` is the device after the batch; ``alive`` says that it was heard, ``plain`` that nothing else is new."""

    known: Known
    alive: bool
    plain: bool


def hear(known: Known, messages: Sequence[Envelope], fresh_for: timedelta) -> Heard:
    """What follows from ``messages`` of one device, in order of arrival.

    A status that the broker had kept (``late``) proves life only when it is younger than ``fresh_for``.
    """
    trail, offset, heard_at, said = known.trail, known.clock_offset_ms, known.heard_at, (known.said, known.said_at)
    told: Status | None = None
    alive = False
    live: Envelope | None = None
    for message in messages:
        body = message.body
        if isinstance(body, Status):
            if _is_stale(message, body, trail, heard_at, fresh_for):
                continue
            said = (body.state, message.received)
            if body.state == "offline":
                continue
            told = body
        elif said[0] == "offline":
            said = ("", message.received)  # only a living device can send this: it refutes the will
        alive = True
        heard_at = message.received
        trail = _follow(trail, message)
        if not message.late:
            live = message
        elif known.heard_at is None and told is body:
            # The first word of a device is one that the broker kept: it lived then, which may be long ago.
            heard_at = min(message.at, message.received)
    if live is not None:
        offset = round((live.at - live.received).total_seconds() * 1000)
    plain = told is None and said == (known.said, known.said_at) and _only_counted(known.trail, trail)
    return Heard(_update(known, said, heard_at, trail, offset, told), alive, plain)


def _is_stale(message: Envelope, status: Status, trail: Trail, heard_at: datetime | None, fresh_for: timedelta) -> bool:
    """Whether a status tells of a time that is over."""
    if status.state == "offline":
        # The will of an earlier run, published when the broker noticed that its connection was dead.
        return bool(status.boot) and status.boot == trail.boot_before
    return message.late and heard_at is not None and message.received - message.at > fresh_for


def _follow(trail: Trail, message: Envelope) -> Trail:
    body = message.body
    if isinstance(body, Readings) and len(body.items) > 1:
        first, last = body.items[0].seq, body.items[-1].seq
        first, last = min(first, last) or max(first, last), max(first, last)
        return follow(trail, message.boot, first, last, len(body.items), message.late)
    if message.boot == trail.boot and message.seq == trail.seq + 1 and trail.seq:
        return Trail(trail.boot, trail.boot_before, trail.boots, message.seq, trail.missing, trail.lost)
    spooled = message.late and not isinstance(body, Status)
    return follow(trail, message.boot, message.seq, message.seq, 1, spooled)


def _only_counted(old: Trail, new: Trail) -> bool:
    """Whether nothing but the newest number differs."""
    return old.boot == new.boot and old.missing == new.missing and old.lost == new.lost


def _update(
    known: Known,
    said: tuple[str, datetime | None],
    heard_at: datetime | None,
    trail: Trail,
    offset: int | None,
    told: Status | None,
) -> Known:
    return Known(
        school=known.school,
        device=known.device,
        state=known.state,
        reason=known.reason,
        since=known.since,
        next_check_at=known.next_check_at,
        heard_at=heard_at,
        said=said[0],
        said_at=said[1],
        excused_until=known.excused_until,
        silent_from=known.silent_from,
        trail=trail,
        clock_offset_ms=offset,
        health=told.health if told else known.health,
        agent=told.agent if told else known.agent,
        config=told.config if told else known.config,
    )
