"""How marks of sessions after arrival are decided: where a student was, by gates and readers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from attendance.policy import (
    LeaveSpan,
    Mark,
    Outage,
    Sighting,
    Window,
    doors_of_day,
    excuse_of,
    hidden_mark,
    mark_of_leave,
    of_pass,
)
from attendance.sessions.rules import SessionKind
from campus.clock import to_ms


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a student's day: passes of the site's gates, and what readers inside saw.

    ``rooms`` are sightings in the session's own room, ``dorm`` passes of the dormitory's doors. ``vouched`` is a
    person's word at arrival that the student is here.
    """

    gates: Sequence[Sighting] = ()
    rooms: Sequence[Sighting] = ()
    dorm: Sequence[Sighting] = ()
    vouched: bool = False


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a mark is decided from, beside the trail; ``since`` is when the day's evidence begins."""

    window: Window
    leave: Sequence[LeaveSpan]
    outages: Sequence[Outage]
    since: datetime
    now: datetime


def session_mark(kind: SessionKind, trail: Trail, case: Case) -> Mark:
    """The mark of one student in a session after arrival, as the evidence known at ``case.now`` gives it.

    The order of the evidence does not matter.
    """
    if kind == "dismissal":
        return _dismissal(trail, case)
    if kind == "night":
        return _night(trail, case)
    mark = _presence(trail, case)
    if kind == "lunch" and mark.why == "left":
        return Mark(status="not_required", why="went_out", evidence=mark.evidence)
    return mark


def _presence(trail: Trail, case: Case) -> Mark:
    """In the room, or at least on site, in time; late; gone early; excused; hidden; absent."""
    window = case.window
    doors = _from_dormitory(trail.dorm, case)
    gates = _in_order([*trail.gates, *doors], window.until_at)
    seen = next((s for s in _in_order(trail.rooms, window.until_at) if s.at >= window.opens_at), None)
    came = _came(gates, window, doors)
    if seen is None and came is None:
        return _not_seen(trail, gates, case)
    mark = _in_time_or_late(seen, "room_pass", window) if seen else came
    assert mark is not None
    excuse = excuse_of(case.leave, window)
    if mark.status == "late" and excuse is not None:
        return mark_of_leave(excuse, mark.evidence)
    return _gone_early(gates, case) or mark


def _from_dormitory(dorm: Sequence[Sighting], case: Case) -> list[Sighting]:
    """Who came out of the dormitory today, and did not go back in, is on site as if come in by a gate."""
    day = msgspec.structs.replace(case.window, opens_at=case.since)
    doors = [one for one in doors_of_day(dorm, day) if not one.suspect]
    before = [one for one in doors if one.at <= case.window.late_at]
    out = [one for one in before[-1:] if one.direction == "out"]
    out += [one for one in doors if one.at > case.window.late_at and one.direction == "out"][:1]
    return [Sighting(one.at, one.gate, "in") for one in out]


def _came(gates: Sequence[Sighting], window: Window, doors: Collection[Sighting]) -> Mark | None:
    """On site when the session began, or come in during it; None for a student who was not there by the gates.

    ``doors`` are those of the ``gates`` that are doors of the dormitory.
    """
    before = [s for s in gates if s.at <= window.late_at]
    if before and before[-1].direction == "in":
        why = "from_dormitory" if before[-1] in doors else "on_site"
        return Mark(status="present", why=why, evidence=of_pass(before[-1]))
    after = [s for s in gates if s.at > window.late_at]
    if not before and after and after[0].direction == "out":
        # Who goes out was in: the tap of the morning was missed.
        return Mark(status="present", why="passed_out", evidence=of_pass(after[0]))
    entered = next((s for s in after if s.direction == "in"), None)
    return _in_time_or_late(entered, "from_dormitory" if entered in doors else "gate_pass", window) if entered else None


def _in_time_or_late(seen: Sighting, why: str, window: Window) -> Mark:
    if seen.at <= window.late_at:
        return Mark(status="present", why=why, evidence=of_pass(seen))
    minutes = -((window.late_at - seen.at) // timedelta(minutes=1))
    return Mark(status="late", why=why, evidence={**of_pass(seen), "minutes": minutes})


def _gone_early(gates: Sequence[Sighting], case: Case) -> Mark | None:
    """The mark of a student who was here and whose last pass before the end is out."""
    last = gates[-1] if gates else None
    if last is None or last.direction == "in" or last.at <= case.window.late_at:
        return None
    span = next(
        (one for one in _by_start(case.leave) if one.starts <= case.window.until_at and one.ends > last.at), None
    )
    if span is not None:
        return mark_of_leave(span, of_pass(last))
    return Mark(status="left_early", why="passed_out", evidence=of_pass(last))


def _not_seen(trail: Trail, gates: Sequence[Sighting], case: Case) -> Mark:
    """The mark of a student whom nobody saw in the session."""
    window = case.window
    excuse = excuse_of(case.leave, window)
    if excuse is not None:
        return mark_of_leave(excuse, {})
    if trail.vouched and not gates:
        return Mark(status="present", why="arrival_roll")
    if case.now < window.closes_at:
        return Mark(status=None, why="open")
    if gates:
        return Mark(status="absent", why="left", evidence=of_pass(gates[-1]))
    later = next((s for s in _in_order(trail.gates, None)), None)
    if later is not None and later.direction == "out":
        return Mark(status="present", why="passed_out", evidence=of_pass(later))
    shown = [s for s in trail.rooms if s.at >= window.opens_at]
    return _hidden_or_absent([*trail.gates, *shown], case)


def _dismissal(trail: Trail, case: Case) -> Mark:
    """Whether the student was seen leaving, not before the bell; who was not seen leaving is unknown, not present."""
    window = case.window
    gates = _in_order(trail.gates, window.until_at)
    last = gates[-1] if gates else None
    excuse = excuse_of(case.leave, window)
    if last is not None and last.direction == "out":
        if last.at >= window.opens_at:
            return Mark(status="present", why="passed_out", evidence=of_pass(last))
        until_then = (one for one in _by_start(case.leave) if one.starts <= window.opens_at <= one.ends)
        covering = next(until_then, None)
        if covering is not None:
            return mark_of_leave(covering, of_pass(last))
        return Mark(status="left_early", why="passed_out", evidence=of_pass(last))
    if excuse is not None and last is None:
        return mark_of_leave(excuse, {})
    if case.now < window.closes_at:
        return Mark(status=None, why="open")
    if last is not None:
        return Mark(status="unknown", why="not_seen_leaving", evidence=of_pass(last))
    if trail.vouched or _from_dormitory(trail.dorm, case):
        return Mark(status="unknown", why="not_seen_leaving")
    return _hidden_or_absent(trail.gates, case)


def _night(trail: Trail, case: Case) -> Mark:
    """Whether a boarder is in the dormitory: by the last pass of its doors, whatever the site's gates say."""
    window = case.window
    doors = _in_order(trail.dorm, window.until_at)
    last = doors[-1] if doors else None
    if last is not None and last.direction == "in":
        return _in_time_or_late(last, "dorm_pass", window)
    excuse = excuse_of(case.leave, window)
    if excuse is not None:
        return mark_of_leave(excuse, of_pass(last) if last else {})
    if case.now < window.closes_at:
        return Mark(status=None, why="open")
    if last is not None:
        return Mark(status="absent", why="left", evidence=of_pass(last))
    return _hidden_or_absent(trail.dorm, case)


def _hidden_or_absent(seen: Sequence[Sighting], case: Case) -> Mark:
    """Nobody saw the student: unknown when something hid the way, absent otherwise."""
    doubted = sorted((s for s in seen if s.suspect and s.at <= case.window.until_at), key=lambda s: (s.at, s.gate))
    if doubted:
        return Mark(status="unknown", why="clock_suspect", evidence=of_pass(doubted[0]))
    return hidden_mark(msgspec.structs.replace(case.window, opens_at=case.since), case.outages)


def _in_order(seen: Iterable[Sighting], until: datetime | None) -> list[Sighting]:
    """The sightings that can decide something, by time."""
    sure = (s for s in seen if not s.suspect and (until is None or s.at <= until))
    return sorted(sure, key=lambda s: (s.at, s.gate, s.direction))


def _by_start(leave: Iterable[LeaveSpan]) -> list[LeaveSpan]:
    return sorted(leave, key=lambda span: (to_ms(span.starts), to_ms(span.ends), span.kind))
