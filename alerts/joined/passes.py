"""A card that goes the same way twice, or is at two gates at once."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from alerts.conditions.memory import Memory
from alerts.conditions.signal import Cause, Signal, moment_of
from alerts.life.words import both
from alerts.rules.joined_rules import ImpossibleTravelRule, PassbackRule
from campus.envelope import Envelope
from campus.facts import StudentPassed

LAST = "last-pass"


class CardWatch:
    """Compares each pass with the student's last one, which is remembered over a restart."""

    def __init__(self, rules: Sequence[PassbackRule | ImpossibleTravelRule], memory: Memory) -> None:
        self._rules = rules
        self._memory = memory

    def heard(self, envelope: Envelope, fact: StudentPassed) -> list[Signal]:
        """What one pass means; a pass told late says nothing, for the last one may not have been told yet."""
        if not self._rules or fact.late:
            return []
        key = (envelope.school, LAST, fact.student)
        now = (moment_of(envelope).timestamp(), float(fact.direction == "in"), float(crc32(fact.gate.encode())))
        last = self._memory.get(key)
        self._memory.put(key, now)
        if not last or now[0] < last[0]:
            return []
        return [signal for rule in self._rules if (signal := self._judge(rule, envelope, fact, last, now)) is not None]

    def _judge(
        self,
        rule: PassbackRule | ImpossibleTravelRule,
        envelope: Envelope,
        fact: StudentPassed,
        last: tuple[float, ...],
        now: tuple[float, ...],
    ) -> Signal | None:
        passed = now[0] - last[0]
        same_way = isinstance(rule, PassbackRule) and last[1] == now[1]
        elsewhere = isinstance(rule, ImpossibleTravelRule) and last[2] != now[2]
        if not (same_way or elsewhere) or passed > rule.within_s or not rule.covers(envelope.source.place):
            return None
        what = (
            ("同一方向两次通过", "went the same way twice") if same_way else ("出现在两个校门", "was read at two gates")
        )
        return Signal(
            rule=rule,
            cause=Cause(
                school=envelope.school,
                subject=fact.student,
                device=fact.gate,
                device_kind="gate",
                place=envelope.source.place,
                class_id=fact.class_id,
                event_id=envelope.id,
            ),
            tripped=True,
            at=moment_of(envelope),
            reason=both(f"同一张卡在 {passed:.0f} 秒内{what[0]}", f"one card {what[1]} within {passed:.0f} s"),
            fresh=True,
        )
