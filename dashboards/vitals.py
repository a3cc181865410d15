"""Judges the platform's own health from facts: each vital sign with its state, its figure, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

State = Literal["ok", "watch", "bad"]
Sign = Literal[
    "program", "heard", "series", "spool", "outbox", "channel", "roster",
    "certificate", "disk", "database", "backup", "dead",
]  # fmt: skip
Unit = Literal["", "minutes", "days", "gb", "mb", "messages", "batches"]
STATES: tuple[State, ...] = get_args(State)  # from good to bad
_GB = 1e9
_MB = 1e6


class Vital(msgspec.Struct, frozen=True, kw_only=True):
    """One vital sign; ``of`` names which certificate, program or channel. ``figure`` is in ``unit``; null: none."""

    sign: Sign
    state: State
    of: str = ""
    figure: float | None = None
    unit: Unit = ""
    since: datetime | None = None


class Beat(msgspec.Struct, frozen=True):
    """A program and when it last said that it lives."""

    program: str
    version: str
    at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """How much waits, and since when the oldest."""

    number: int
    oldest: datetime | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is judged. ``now`` is the platform's clock, ``wall`` the machine's; None: not known, or never."""

    now: datetime
    wall: datetime
    version: str
    heard_at: datetime | None
    series_problem: bool
    spool: Waiting
    outbox: Waiting
    channels_off: tuple[tuple[str, datetime], ...]
    dead_today: int
    roster_trouble: datetime | None
    certificates: tuple[tuple[str, datetime | None], ...]  # when each ends; None: it cannot be read
    disk_free: int | None
    database_bytes: int | None
    backup_at: datetime | None
    beats: tuple[Beat, ...]


def judge(facts: Facts) -> tuple[Vital, ...]:
    """Every vital sign, what is bad first."""
    found = [
        *(_program(one, facts) for one in facts.beats),
        _heard(facts),
        Vital(sign="series", state="bad" if facts.series_problem else "ok"),
        _waiting("spool", "batches", facts.spool, facts.now, (timedelta(0), timedelta(hours=1))),
        _waiting("outbox", "messages", facts.outbox, facts.now, (timedelta(minutes=5), timedelta(minutes=30))),
        *(Vital(sign="channel", state="bad", of=name, since=since) for name, since in facts.channels_off),
        Vital(sign="roster", state="bad" if facts.roster_trouble else "ok", since=facts.roster_trouble),
        *(_certificate(name, ends, facts.wall) for name, ends in facts.certificates),
        *_room(facts),
        _backup(facts.backup_at, facts.wall),
        _dead(facts.dead_today),
    ]
    return tuple(sorted(found, key=lambda one: -STATES.index(one.state)))


def _by(value: float, watch: float, bad: float) -> State:
    """How bad a value is that is the worse the greater it is."""
    return "bad" if value >= bad else "watch" if value >= watch else "ok"


def _program(beat: Beat, facts: Facts) -> Vital:
    """It beats every 30 s, and is gone after three minutes. Another version than the console's is half an update."""
    quiet = (facts.wall - beat.at) / timedelta(minutes=1)
    state: State = "bad" if quiet >= 3 else "watch" if beat.version != facts.version else "ok"
    if state != "bad":
        return Vital(sign="program", of=beat.program, state=state)
    return Vital(sign="program", of=beat.program, state=state, figure=float(quiet // 1), unit="minutes", since=beat.at)


def _heard(facts: Facts) -> Vital:
    if facts.heard_at is None:
        return Vital(sign="heard", state="watch")
    quiet = max(0.0, (facts.now - facts.heard_at) / timedelta(minutes=1))
    state = _by(quiet, 2, 5)
    return Vital(sign="heard", state=state, figure=round(quiet, 1), unit="minutes", since=facts.heard_at)


def _waiting(sign: Sign, unit: Unit, waiting: Waiting, now: datetime, limits: tuple[timedelta, timedelta]) -> Vital:
    age = now - waiting.oldest if waiting.oldest else timedelta(0)
    watch, bad = limits
    state: State = "ok"
    if waiting.number:
        state = "bad" if age >= bad else "watch" if age >= watch else "ok"
    return Vital(sign=sign, state=state, figure=float(waiting.number), unit=unit, since=waiting.oldest)


def _certificate(name: str, ends: datetime | None, wall: datetime) -> Vital:
    if ends is None:
        return Vital(sign="certificate", of=name, state="bad")
    left = (ends - wall) // timedelta(days=1)
    return Vital(sign="certificate", of=name, state=_by(-left, -29, -6), figure=float(left), unit="days")


def _room(facts: Facts) -> list[Vital]:
    """Free room, and whether a copy of the database still finds its place in it."""
    found = []
    free, size = facts.disk_free, facts.database_bytes
    if free is not None:
        state = _by(-free / _GB, -10, -2)
        found.append(Vital(sign="disk", state=state, figure=round(free / _GB, 1), unit="gb"))
    if size is not None:
        tight: State = "watch" if free is not None and size > free else "ok"
        found.append(Vital(sign="database", state=tight, figure=round(size / _MB, 1), unit="mb"))
    return found


def _backup(at: datetime | None, wall: datetime) -> Vital:
    """One each night is meant: one that is left out is to be seen, a week without one is not to be slept over."""
    if at is None:
        return Vital(sign="backup", state="watch")
    age = (wall - at) / timedelta(days=1)
    return Vital(sign="backup", state=_by(age, 2, 7), figure=round(age, 1), unit="days", since=at)


def _dead(number: int) -> Vital:
    return Vital(sign="dead", state=_by(number, 1, 1000), figure=float(number), unit="messages")
