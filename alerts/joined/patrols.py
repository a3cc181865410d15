"""Rounds of the guards: which patrol points were visited in which round of the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from alerts.conditions.memory import Memory
from alerts.conditions.signal import moment_of
from alerts.conditions.states import Key
from alerts.rules.joined_rules import PatrolsRule
from campus.envelope import Envelope
from campus.events import Event

DAY = 86_400
SINCE = "*"  # under this subject stands since when the rule is watched
SAME_VISIT = 60  # seconds: a card that is held to the reader twice


class Ended(msgspec.Struct, frozen=True):
    """The rounds of one day that are over: ``first`` is when the first began, ``length`` theirs, in (epoch) seconds."""

    first: float
    length: float
    rounds: int

    @property
    def last(self) -> float:
        """When the last of them began."""
        return self.first + (self.rounds - 1) * self.length


def ended(rule: PatrolsRule, now: float, second: float) -> Ended | None:
    """What should be done by ``now`` (epoch seconds), which is ``second`` after local midnight; None: nothing yet.

    After the hours the last round is asked for as long as a round lasts.
    """
    window, length = 60 * rule.minutes, 60 * rule.minutes / rule.rounds
    elapsed = (second - rule.after_s - 60 * rule.begin) % DAY
    first = now - rule.after_s - elapsed
    if elapsed < length and window == DAY:
        return Ended(first - DAY, length, rule.rounds)  # the last round of the day before
    rounds = int(min(elapsed, window) // length)
    return Ended(first, length, rounds) if rounds and elapsed < window + length else None


def made(visits: Sequence[float], day: Ended) -> int:
    """In how many of the ended rounds there was a visit."""
    return len({int((at - day.first) // day.length) for at in visits} & set(range(day.rounds)))


def missing(visits: Sequence[float], day: Ended) -> bool:
    """Whether nobody came in the last ended round, nor since."""
    return all(at < day.last for at in visits)


class PatrolWatch:
    """Remembers the visits of each point, over a restart too, and tells where one is missing."""

    def __init__(self, rules: Sequence[PatrolsRule], memory: Memory) -> None:
        self._rules = rules
        self._memory = memory

    def heard(self, envelope: Envelope, event: Event) -> None:
        """Take a visit at its own time, also when it is told late or twice."""
        for rule in self._rules:
            if event.type == rule.event and envelope.device in rule.points:
                key = (envelope.school, rule.id, envelope.device)
                visits = sorted({*self._memory.get(key), moment_of(envelope).timestamp()})
                self._memory.put(key, _worth_keeping(visits))

    def beyond(self, rule: PatrolsRule, school: str, now: datetime, minute: int) -> Iterator[tuple[str, int, int]]:
        """(point, rounds made, rounds ended) where the last one is missing; ``minute`` of the local day is ``now``."""
        day = ended(rule, now.timestamp(), 60 * minute + now.second)
        since = self._since((school, rule.id, SINCE), now.timestamp())
        if day is None or day.last < since:  # nobody listened when that round began
            return
        for point in rule.points:
            visits = self._memory.get((school, rule.id, point))
            if missing(visits, day):
                yield point, made(visits, day), day.rounds

    def _since(self, key: Key, now: float) -> float:
        if not self._memory.get(key):
            self._memory.put(key, (now,))
        return self._memory.get(key)[0]


def _worth_keeping(visits: list[float]) -> tuple[float, ...]:
    """The visits of two days, one of several within a minute."""
    kept: list[float] = []
    for at in visits:
        if at > visits[-1] - 2 * DAY and (not kept or at - kept[-1] >= SAME_VISIT):
            kept.append(at)
    return tuple(kept)
