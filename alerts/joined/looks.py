"""Rules that are looked at once a minute: what holds now for whom, from roll, gates, leave, bells and counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.conditions.memory import Memory
from alerts.conditions.signal import Cause, Signal
from alerts.conditions.states import ConditionStates
from alerts.joined.patrols import PatrolWatch
from alerts.joined.tailgating import GateFlow
from alerts.life.words import both
from alerts.ports import Calendar, OverdueWork, Register, RollBook
from alerts.rules.joined_rules import (
    AbsentInsideRule,
    BoarderCurfewRule,
    GateSilentInRushRule,
    HeadCountRule,
    IllnessClusterRule,
    NotCheckedOutRule,
    PatrolsRule,
    PresentOutsideRule,
    RollMissingRule,
    RosterTroubleRule,
    TailgatingRule,
    WorkOverdueRule,
)
from alerts.rules.kinds import Rule
from alerts.rules.rule import Bilingual
from campus.clock import from_ms
from campus.envelope import Envelope
from campus.events import Readings

Looked = (
    AbsentInsideRule
    | PresentOutsideRule
    | NotCheckedOutRule
    | RollMissingRule
    | IllnessClusterRule
    | HeadCountRule
    | TailgatingRule
    | BoarderCurfewRule
    | GateSilentInRushRule
    | PatrolsRule
    | RosterTroubleRule
    | WorkOverdueRule
)
EVERY = timedelta(seconds=60)
# A counter that sends twice a minute may miss one message.
COUNT_HOLDS = timedelta(seconds=90)
Found = dict[str, tuple[Cause, Bilingual]]


class Looks:
    """Looks once a minute of the school's time, and tells the engine what is new and what is over."""

    def __init__(
        self,
        rules: Iterable[Rule],
        register: Register,
        roll_book: RollBook,
        states: ConditionStates,
        memory: Memory,
        calendar: Calendar,
    ) -> None:
        self.rules = [rule for rule in rules if isinstance(rule, Looked)]
        self._register = register
        self._roll_book = roll_book
        self._states = states
        self._calendar = calendar
        self._looked: datetime | None = None
        self._silent: dict[str, Mapping[str, Sequence[tuple[str, str | None, float]]]] = {}  # by rule and school
        self._metrics = {rule.metric for rule in self.rules if isinstance(rule, HeadCountRule)}
        self._counts: dict[tuple[str, str, str], tuple[datetime, float, float]] = {}  # when, how many, how far off
        self.flow = GateFlow([rule for rule in self.rules if isinstance(rule, TailgatingRule)])
        self.patrols = PatrolWatch([rule for rule in self.rules if isinstance(rule, PatrolsRule)], memory)

    def measured(self, envelope: Envelope, readings: Readings) -> None:
        """Remember the newest count of a place."""
        if self.flow.metrics:
            self.flow.measured(envelope, readings)
        place = envelope.source.place
        if not self._metrics or place is None or envelope.late:
            return
        for reading in readings.items:
            for metric in self._metrics & reading.values.keys():
                at = envelope.received if envelope.clock_suspect else from_ms(reading.ts)
                band = float(reading.values.get(f"{metric}.band", 0.0))
                self._counts[(envelope.school, place, metric)] = (at, float(reading.values[metric]), band)

    def signals(self, conn: sa.Connection, schools: Iterable[str], now: datetime) -> list[Signal]:
        """What is new, what goes on and what is over; nothing when a minute has not passed."""
        if not self.rules or (self._looked is not None and now - self._looked < EVERY):
            return []
        self._looked = now
        asked = list(schools)
        self._silent = {
            rule.id: self._register.silent_gates(conn, asked, now, timedelta(seconds=rule.within_s))
            for rule in self.rules
            if isinstance(rule, GateSilentInRushRule)
        }
        return [one for school in asked for rule in self.rules for one in self._look(conn, rule, school, now)]

    def _look(self, conn: sa.Connection, rule: Looked, school: str, now: datetime) -> list[Signal]:
        found = self._find(conn, rule, school, now)
        told = [Signal(rule=rule, cause=cause, tripped=True, at=now, reason=why) for cause, why in found.values()]
        over = [key for key in self._states.not_normal() if key[:2] == (school, rule.id) and key[2] not in found]
        for key in over:
            held = self._states.get(key)
            if held is not None:
                told.append(Signal(rule=rule, cause=held.cause, tripped=False, at=now))
        return told

    def _find(self, conn: sa.Connection, rule: Looked, school: str, now: datetime) -> Found:
        ask = self._register
        match rule:
            case AbsentInsideRule():
                return _students(school, ask.absent_inside(conn, school, now), ABSENT_INSIDE)
            case PresentOutsideRule():
                return _students(school, ask.present_outside(conn, school, now), PRESENT_OUTSIDE)
            case NotCheckedOutRule():
                left = ask.not_checked_out(conn, school, now, timedelta(seconds=rule.after_s))
                return _classes(
                    school, {one: n for one, n in left.items() if n >= rule.students}, "仍在校", "still inside"
                )
            case RollMissingRule():
                missing = ask.roll_missing(conn, school, now, timedelta(seconds=rule.after_s))
                return {one: (_class(school, one), NO_ROLL) for one in missing}
            case IllnessClusterRule():
                sick = ask.sick(conn, school, now - timedelta(days=rule.days), now)
                return _classes(
                    school, {one: n for one, n in sick.items() if n >= rule.students}, "病假", "on sick leave"
                )
            case BoarderCurfewRule():
                out = ask.boarders_missing(conn, school, now, timedelta(seconds=rule.after_s))
                return _students(school, out, NOT_IN)
            case TailgatingRule() | HeadCountRule():
                return self._counted(conn, rule, school, now)
            case GateSilentInRushRule() | PatrolsRule():
                return self._readers(conn, rule, school, now)
            case RosterTroubleRule() | WorkOverdueRule():
                return self._office(conn, rule, school, now)

    def _office(
        self, conn: sa.Connection, rule: RosterTroubleRule | WorkOverdueRule, school: str, now: datetime
    ) -> Found:
        """What nobody sees who only looks at devices: a roster left behind, work not done."""
        if isinstance(rule, WorkOverdueRule):
            late = self._register.overdue_work(conn, school, now, timedelta(days=rule.after_days))
            return {
                one.id: (Cause(school=school, subject=one.id, device=one.device, place=one.place), _not_done(one))
                for one in late
                if rule.covers(one.place)
            }
        stale = timedelta(days=rule.stale_days) if rule.stale_days else None
        trouble = self._register.roster_trouble(conn, school, now, stale)
        return {"roster": (Cause(school=school, subject="roster"), ROSTER[trouble.how])} if trouble else {}

    def _readers(
        self, conn: sa.Connection, rule: GateSilentInRushRule | PatrolsRule, school: str, now: datetime
    ) -> Found:
        """What is about a gate or a patrol point."""
        if isinstance(rule, PatrolsRule):
            minute = self._calendar.moment(conn, school, now).minute
            return {
                point: (Cause(school=school, subject=point, device=point), _visited(done, due))
                for point, done, due in self.patrols.beyond(rule, school, now, minute)
            }
        silent = self._silent[rule.id].get(school, ())
        return {
            gate: (Cause(school=school, subject=gate, device=gate, place=place, device_kind="gate"), _nobody(expected))
            for gate, place, expected in silent
            if rule.covers(place)
        }

    def _counted(self, conn: sa.Connection, rule: TailgatingRule | HeadCountRule, school: str, now: datetime) -> Found:
        """What is about people that were counted."""
        if isinstance(rule, HeadCountRule):
            return self._crowds(conn, rule, school, now)
        return {
            place: (Cause(school=school, subject=place, place=place), _followed(walked, cards))
            for place, walked, cards in self.flow.beyond(rule, school, now)
        }

    def _crowds(self, conn: sa.Connection, rule: HeadCountRule, school: str, now: datetime) -> Found:
        found: Found = {}
        for (where, place, metric), (at, counted, band) in self._counts.items():
            if where != school or metric != rule.metric or now - at > COUNT_HOLDS or not rule.covers(place):
                continue
            expected = self._roll_book.expected_in(conn, school, place, now)
            if expected is not None and rule.beyond(counted, expected.students, band):
                n, m = f"{counted:g}", expected.students
                why = both(f"计数 {n} 人，应有 {m} 人", f"counted {n}, expected {m}")
                found[place] = (Cause(school=school, subject=place, place=place), why)
        return found


ABSENT_INSIDE = both(
    "学生已从校门进入，但当前课堂点名缺席",
    "the student came in at the gate and is marked absent in what is going on now",
)
PRESENT_OUTSIDE = both(
    "学生被标记为出勤，但门禁显示不在校", "the student is marked present and is not on the site by the gates"
)
NOT_IN = both("住宿生晚归：宿舍晚点名未到且无请假", "the boarder was not in at the night check and no leave covers it")
ROSTER = {
    "refused": both("最近一次名册导入被拒绝，名册未更新", "the last roster import was refused, nothing was changed"),
    "failed": both("最近一次名册导入失败或中断", "the last roster import failed or broke off"),
    "stale": both("名册已很久没有更新", "no roster import has gone through for too long"),
}
NO_ROLL = both("点名逾期仍无任何记录", "the roll is overdue and has no mark at all")


def _followed(walked: float, cards: int) -> Bilingual:
    return both(f"通过 {walked:g} 人，刷卡 {cards} 次", f"{walked:g} walked in, {cards} cards were read")


def _not_done(work: OverdueWork) -> Bilingual:
    return both(f"“{work.title}”应于 {work.due} 完成", f"{work.title!r} was due on {work.due}")


def _nobody(expected: float) -> Bilingual:
    return both(f"无人通过，往日此时约 {expected:.0f} 人", f"nobody passed where about {expected:.0f} were expected")


def _visited(done: int, due: int) -> Bilingual:
    return both(f"应巡 {due} 轮，已到 {done} 轮", f"visited in {done} of {due} rounds")


def _students(school: str, found: Iterable[tuple[str, str]], why: Bilingual) -> Found:
    return {student: (Cause(school=school, subject=student, class_id=class_id), why) for student, class_id in found}


def _classes(school: str, found: Mapping[str, int], zh: str, en: str) -> Found:
    return {one: (_class(school, one), both(f"{n} 名学生{zh}", f"{n} students {en}")) for one, n in found.items()}


def _class(school: str, class_id: str) -> Cause:
    return Cause(school=school, subject=class_id, class_id=class_id)
