"""Foretells a simulated day: which alarms, marks and refusals its script and its people must lead to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from simulator.day.air import air, first_held
from simulator.day.cameras import CONFIRMED_AFTER
from simulator.day.day import DAY_ENDS, DAY_STARTS
from simulator.day.incidents import Script, script
from simulator.day.people import StudentDay, student_days
from simulator.day.truth import (
    ExpectedAlarm,
    ExpectedMark,
    ExpectedQuiet,
    ExpectedRefusal,
    MarkStatus,
    Truth,
    TruthDay,
)
from simulator.day.wire import heartbeats
from simulator.school.bells import ARRIVAL_CLOSES, LATE_AFTER
from simulator.school.fleet import RENDERED_CAMERA
from simulator.school.values import SimulatedSchool

CO2_LIMIT, CO2_HOLDS = 1500.0, timedelta(minutes=10)  # of the rule co2-high as shipped
_VISIT_S = 20.0  # wall seconds in which a rendered intruder must have been seen
_SILENT_AFTER_S = 480.0  # the longest a platform may take to call a device silent: a last will is quicker


def truth_of(
    school: SimulatedSchool,
    day: date,
    *,
    rendered: bool = False,
    speed: float = 1.0,
    played: Script | None = None,
    days: tuple[StudentDay, ...] | None = None,
) -> Truth:
    """The truth of ``day``.

    ``played`` and ``days``: another script and other ways than the day's own, as in `simulator.day.day.day_stream`.
    ``rendered``: the intrusion is found by the real vision pipeline, which needs wall time; ``speed`` is the clock's.
    """
    played = script(school, day) if played is None else played
    days = student_days(school, day) if days is None else days
    refused = sorted((*played.misspoken, *played.strangers), key=lambda one: one.at)
    alarms = [*_alarms(school, day, played), *_runaways(days), *_intrusion(played, rendered, speed)]
    return Truth(
        day=TruthDay(
            school=school.id,
            day=day,
            closes_at=school.moment(day, ARRIVAL_CLOSES),
            ends_at=school.moment(day, DAY_ENDS),
        ),
        alarms=tuple(sorted(alarms, key=lambda alarm: (alarm.at, alarm.rule, alarm.subject))),
        quiets=tuple(_quiets(school, day, played, days)),
        marks=tuple(_mark(school, day, one, played) for one in days),
        refusals=tuple(ExpectedRefusal(device=one.device, at=one.at, reason=one.reason) for one in refused),
    )


def _alarms(school: SimulatedSchool, day: date, played: Script) -> Iterator[ExpectedAlarm]:
    for rule, spans, why in (
        ("device-silent-gate", played.dead_gates, "the reader has no power"),
        ("device-silent-gate", played.cut_off_gates, "the gate has no network"),
        ("device-silent-camera", played.lost_cameras, "the camera gives no picture"),
    ):
        for span in spans:
            yield ExpectedAlarm(
                rule=rule, subject=span.device, device=span.device, at=span.start, within_s=_SILENT_AFTER_S, why=why
            )
    for one in played.self_raised:
        rule = "door-open" if one.kind == "door" else one.kind
        why = f"the {one.kind} sensor raised its alarm"
        yield ExpectedAlarm(rule=rule, subject=one.device, device=one.device, at=one.start, within_s=120, why=why)
    yield from _stuffy(school, day, played)


def _stuffy(school: SimulatedSchool, day: date, played: Script) -> Iterator[ExpectedAlarm]:
    """CO2 alarms, at the moment that the readings themselves give."""
    for span in played.stuffy_rooms:
        device = school.device(span.device)
        day_starts, day_ends = school.moment(day, DAY_STARTS), school.moment(day, DAY_ENDS)
        start = heartbeats(school, span.device, day_starts, day_ends)[0]
        samples = air(school, day, device, played, start, day_ends)
        held = first_held(samples, "co2", CO2_LIMIT, CO2_HOLDS)
        if held is not None:
            yield ExpectedAlarm(
                rule="co2-high",
                subject=span.device,
                device=span.device,
                at=held,
                within_s=180,
                why="CO2 stays above 1500 ppm for ten minutes",
            )


def _runaways(days: tuple[StudentDay, ...]) -> Iterator[ExpectedAlarm]:
    for one in days:
        if one.part == "slips away" and one.goes is not None:
            yield ExpectedAlarm(
                rule="left-in-school-hours",
                subject=one.student.id,
                device=one.goes.gate,
                at=one.goes.at,
                within_s=120,
                why="leaves in school hours without leave",
            )


def _intrusion(played: Script, rendered: bool, speed: float) -> Iterator[ExpectedAlarm]:
    if played.intruder_at is not None:
        yield ExpectedAlarm(
            rule="intrusion",
            subject=RENDERED_CAMERA,
            device=RENDERED_CAMERA,
            at=played.intruder_at if rendered else played.intruder_at + CONFIRMED_AFTER,
            within_s=120 + (_VISIT_S * speed if rendered else 0),
            why="a person walks along the inside of the fence",
        )


def _quiets(
    school: SimulatedSchool, day: date, played: Script, days: tuple[StudentDay, ...]
) -> Iterator[ExpectedQuiet]:
    whole = school.moment(day, DAY_STARTS), school.moment(day, DAY_ENDS)
    for span in played.breathed_on:
        end = span.end + timedelta(minutes=20)
        why = "CO2 was high for two minutes only"
        yield ExpectedQuiet(rule="co2-high", subject=span.device, start=span.start, end=end, why=why)
    if played.passer_by_at is not None and played.intruder_at is not None:
        why = "the person passed outside the zone"
        start, end = played.passer_by_at, played.intruder_at
        yield ExpectedQuiet(rule="intrusion", subject=RENDERED_CAMERA, start=start, end=end, why=why)
    for one in days:
        if one.part == "leaves early":
            why = "the student has leave"
            yield ExpectedQuiet(
                rule="left-in-school-hours", subject=one.student.id, start=whole[0], end=whole[1], why=why
            )


def _mark(school: SimulatedSchool, day: date, one: StudentDay, played: Script) -> ExpectedMark:
    """A student's marks: what the platform can know, which is not always what is true."""
    if one.part == "on leave":
        return _expected(one, "on_leave", "on_leave", "on leave")
    blind = bool(played.dead_gates)
    away: MarkStatus = "unknown" if blind or played.cut_off_gates else "absent"
    if one.comes is None:
        why = "absent, but a gate was dead: nobody can know" if blind else "absent"
        return _expected(one, away, "unknown" if blind else "absent", why)
    came = one.comes
    true: MarkStatus = "present" if came.at <= school.moment(day, LATE_AFTER) else "late"
    if any(span.device == came.gate and span.covers(came.at) for span in played.dead_gates):
        # Known again when the student is seen going home: who goes out was in.
        return _expected(one, "unknown", "present", "walked through a dead gate, seen only when leaving")
    if any(span.device == came.gate and span.covers(came.at) for span in played.cut_off_gates):
        return _expected(one, "unknown", true, "the gate was cut off and handed its passes in late")
    if came.at > school.moment(day, ARRIVAL_CLOSES):
        return _expected(one, away, "late", "came after arrivals were decided")
    return _expected(one, true, true, "passed a gate in time" if true == "present" else "passed a gate late")


def _expected(one: StudentDay, at_close: MarkStatus, at_end: MarkStatus, why: str) -> ExpectedMark:
    return ExpectedMark(student=one.student.id, at_close=at_close, at_end=at_end, why=why)
