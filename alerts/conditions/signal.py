"""What a message means for a rule: a signal that its condition holds, or no longer does."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alerts.conditions.condition import Timing
from alerts.life.words import happened, silent, told_late
from alerts.rules.combination import CombinationRule
from alerts.rules.event_rules import CountRule, EventRule, Happening, SilenceRule
from alerts.rules.joined_rules import (
    AbsentInsideRule,
    HeadCountRule,
    ImpossibleTravelRule,
    LabSessionRule,
    LeftInSchoolHoursRule,
    PassbackRule,
    PresentOutsideRule,
)
from alerts.rules.kinds import Rule
from alerts.rules.reading_rules import AbsenceRule, ChangeRule, ThresholdRule
from alerts.rules.rule import Bilingual
from campus.envelope import Envelope
from campus.events import Event, Pictured
from campus.facts import DeviceReturned, DeviceSilent

RECHECK = timedelta(seconds=60)
STILL_LIMIT = 64 * 1024


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What an alarm is about and where it came from; ``subject`` is the device or the student."""

    school: str
    subject: str
    device: str | None = None
    device_kind: str = ""
    place: str | None = None
    class_id: str | None = None
    event_id: str = ""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's condition is seen to hold (``tripped``) or not to, at ``at``, with the reason in both languages.

    ``fresh`` marks an explicit report: it raises again even when a person has closed the alarm meanwhile, which one
    more reading of the same stretch must not.
    """

    rule: Rule
    cause: Cause
    tripped: bool
    at: datetime
    reason: Bilingual | None = None
    why: str = "cleared"
    value: float | None = None
    still: bytes | None = None
    fresh: bool = False


def timing_of(rule: Rule) -> Timing:
    """The times of ``rule`` for `condition`. A rule with a schedule is looked at again: it may be over."""
    timing = _timing_of(rule)
    return timing if rule.when is None else msgspec.structs.replace(timing, recheck=RECHECK)


def _timing_of(rule: Rule) -> Timing:
    match rule:
        case ThresholdRule():
            return Timing(hold=timedelta(seconds=rule.for_s), gap=timedelta(seconds=rule.gap_s))
        case ChangeRule():
            return Timing(hold=timedelta(seconds=rule.for_s), quiet=_seconds(rule.clears_after_s))
        case EventRule():
            return Timing(quiet=_seconds(rule.clears_after_s))
        case CountRule():
            return Timing(quiet=_seconds(rule.within_s))
        case LeftInSchoolHoursRule():
            return Timing(hold=timedelta(seconds=rule.for_s), recheck=RECHECK)
        case AbsentInsideRule() | PresentOutsideRule() | HeadCountRule():
            return Timing(hold=timedelta(seconds=rule.for_s))
        case PassbackRule():
            return Timing(quiet=timedelta(seconds=rule.within_s))
        case ImpossibleTravelRule():
            return Timing(quiet=timedelta(hours=1))
        case AbsenceRule() | CombinationRule() | LabSessionRule():
            return Timing(hold=timedelta(seconds=rule.for_s))
        case _:
            return Timing()


def _seconds(count: float | None) -> timedelta | None:
    return None if count is None else timedelta(seconds=count)


def moment_of(envelope: Envelope) -> datetime:
    """When it happened: the device's time, unless its clock cannot be trusted or runs ahead."""
    return envelope.received if envelope.clock_suspect else min(envelope.at, envelope.received)


def from_event(rule: EventRule, envelope: Envelope, event: Event) -> Signal | None:
    """What ``event`` means for ``rule``; None when it is not the rule's business."""
    if not _concerns(rule, envelope) or not _matches(rule, event):
        return None
    tripped = bool(getattr(event, "active", True))
    reason = happened(event)
    still = event.still if isinstance(event, Pictured) else None
    return Signal(
        rule=rule,
        cause=of_device(envelope),
        tripped=tripped,
        at=moment_of(envelope),
        reason=told_late(reason) if envelope.late else reason,
        still=still if still and len(still) <= STILL_LIMIT else None,
        fresh=True,
    )


def counted(rule: CountRule, envelope: Envelope, event: Event) -> Cause | None:
    """What one more ``event`` counts for; None when it does not count."""
    if not _concerns(rule, envelope) or not _matches(rule, event) or not getattr(event, "active", True):
        return None
    cause = of_device(envelope)
    if rule.over == "device":
        return cause
    return msgspec.structs.replace(cause, subject=cause.place or cause.subject, device=None, device_kind="")


def from_silence(rule: SilenceRule, envelope: Envelope, fact: DeviceSilent | DeviceReturned) -> Signal | None:
    """What a device's silence or return means for ``rule``; None when it is not the rule's business."""
    if (rule.devices and fact.kind not in rule.devices) or not rule.covers(envelope.source.place):
        return None
    cause = msgspec.structs.replace(of_device(envelope), subject=fact.device, device=fact.device, device_kind=fact.kind)
    if isinstance(fact, DeviceReturned):
        return Signal(rule=rule, cause=cause, tripped=False, at=moment_of(envelope))
    return Signal(rule=rule, cause=cause, tripped=True, at=moment_of(envelope), reason=silent(fact), fresh=True)


def _concerns(rule: Happening, envelope: Envelope) -> bool:
    return (not rule.devices or envelope.source.kind in rule.devices) and rule.covers(envelope.source.place)


def _matches(rule: Happening, event: Event) -> bool:
    return all(getattr(event, name) == wanted for name, wanted in rule.match.items()) and all(
        getattr(event, name) >= least for name, least in rule.at_least.items()
    )


def of_device(envelope: Envelope) -> Cause:
    """The cause that is the device which spoke."""
    source = envelope.source
    return Cause(
        school=source.school,
        subject=source.device,
        device=source.device,
        device_kind=source.kind,
        place=source.place,
        event_id=envelope.id,
    )
