"""People who walk through a gate behind somebody else's card: what a camera counts against the cards that were read."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from alerts.rules.joined_rules import TailgatingRule
from campus.clock import from_ms
from campus.envelope import Envelope
from campus.events import GatePass, Readings

# A card is read some steps before the line, and a message may wait a moment: a window is judged so long after its end.
SETTLES = timedelta(seconds=60)
Where = tuple[str, str]  # school and place


class GateFlow:
    """What cameras counted at their lines and which cards were read, place by place, for as long as a rule looks back.

    It is kept in memory: after a restart a window begins anew, which can miss an alarm and makes none.
    """

    def __init__(self, rules: Collection[TailgatingRule]) -> None:
        self.metrics = frozenset(rule.metric for rule in rules)
        self._keeps = timedelta(seconds=max((rule.within_s for rule in rules), default=0.0)) + 3 * SETTLES
        self._stood: dict[tuple[str, str, str], float] = {}  # the count each camera said last
        self._walked: defaultdict[tuple[Where, str], deque[tuple[datetime, float]]] = defaultdict(deque)
        self._cards: defaultdict[Where, dict[str, datetime]] = defaultdict(dict)

    def measured(self, envelope: Envelope, readings: Readings) -> None:
        """Take the counts of a camera; they only grow until it starts again at 0."""
        place = envelope.source.place
        if place is None or envelope.late:
            return
        for reading in readings.items:
            for metric in self.metrics & reading.values.keys():
                key, count = (envelope.school, envelope.device, metric), float(reading.values[metric])
                before = self._stood.get(key, count)
                self._stood[key] = count
                if count > before:
                    at = envelope.received if envelope.clock_suspect else from_ms(reading.ts)
                    self._walked[((envelope.school, place), metric)].append((at, count - before))

    def read(self, envelope: Envelope) -> None:
        """Take a card that was read, whoever's it is; the same event twice is one."""
        if self.metrics and isinstance(envelope.body, GatePass) and envelope.source.place is not None:
            at = envelope.received if envelope.clock_suspect else envelope.at
            self._cards[envelope.school, envelope.source.place][envelope.id] = at

    def beyond(self, rule: TailgatingRule, school: str, now: datetime) -> Iterator[tuple[str, float, int]]:
        """(place, how many walked, how many cards) where more walked than the rule lets pass."""
        end = now - SETTLES
        start = end - timedelta(seconds=rule.within_s)
        self._forget(now - self._keeps)
        for (where, metric), steps in self._walked.items():
            if where[0] != school or metric != rule.metric or not rule.covers(where[1]):
                continue
            walked = sum(count for at, count in steps if start < at <= end)
            # A card of shortly before or after may be of somebody who crossed the line within the window.
            cards = sum(start - SETTLES < at <= end + SETTLES for at in self._cards[where].values())
            if walked - cards >= rule.people:
                yield where[1], walked, cards

    def _forget(self, before: datetime) -> None:
        for steps in self._walked.values():
            while steps and steps[0][0] < before:
                steps.popleft()
        for where, cards in self._cards.items():
            if cards and min(cards.values()) < before:
                self._cards[where] = {event: at for event, at in cards.items() if at >= before}
