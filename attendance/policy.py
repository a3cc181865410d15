"""How a mark is decided: pure functions of evidence, window, leave, outages and `now` that say why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

import msgspec

from campus.clock import to_ms

Status = Literal[
    "present",
    "late",
    "absent",
    "left_early",
    "on_leave",
    "sick",
    "official",
    "suspended",
    "not_required",
    "unknown",
]
STATUSES: tuple[Status, ...] = get_args(Status)
Direction = Literal["in", "out"]
Evidence = Mapping[str, str | int | None]  # moments in it are epoch milliseconds

MACHINE = "machine"
# A gate that was away for less than this within the arrival window hides nobody.
OUTAGE_COUNTS = timedelta(seconds=60)
# A pass of the dormitory's doors shows who is on site from so long before the gates open.
GETTING_UP = timedelta(hours=2)


class Outage(Protocol):
    """What attendance needs to know of a time when a gate could not be heard; ``end`` is None while it lasts."""

    @property
    def device(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> datetime: ...  # noqa: D102
    @property
    def end(self) -> datetime | None: ...  # noqa: D102


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When a session takes evidence.

    Arriving up to ``late_at`` is in time; at ``closes_at`` absence is decided; arrivals up to ``until_at`` still turn
    an absence into a late arrival. ``watched_from`` is when the platform began to listen for this session.
    """

    opens_at: datetime
    late_at: datetime
    closes_at: datetime
    until_at: datetime
    watched_from: datetime


class Sighting(msgspec.Struct, frozen=True):
    """A student's pass at a gate; ``suspect`` when the gate's clock was too far off to decide anything by itself."""

    at: datetime
    gate: str
    direction: Direction
    suspect: bool = False


class LeaveSpan(msgspec.Struct, frozen=True):
    """Approved leave from ``starts`` to ``ends``; ``status`` is what ``kind`` is marked as."""

    starts: datetime
    ends: datetime
    kind: str
    status: Status = "on_leave"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A status with its reason; ``status`` is None while the session is open and nothing is known.

    ``why`` is a code that consoles translate; docs/reference/attendance.md lists the codes and what ``evidence`` holds
    for each. ``by`` is "machine" or an account id, ``reason`` a person's own words.
    """

    status: Status | None
    why: str
    evidence: Evidence = {}
    by: str = MACHINE
    reason: str = ""


class Standing(msgspec.Struct, frozen=True):
    """The current mark of a student in a session, the how-manieth it is, and whether a person's word holds it."""

    mark: Mark
    number: int
    held: bool


def arrival_mark(
    sightings: Sequence[Sighting],
    window: Window,
    leave: Iterable[LeaveSpan],
    outages: Iterable[Outage],
    now: datetime,
    dormitory: Sequence[Sighting] = (),
) -> Mark:
    """The mark of one student for an arrival session, as the evidence known at ``now`` gives it.

    ``sightings`` are passes of the site's gates, ``dormitory`` those of its doors: who slept here comes by no gate. The
    order of them, of ``leave`` and of ``outages`` does not matter. What is seen beats what is written: a student on
    leave who comes in time is present.
    """
    seen = sorted((s for s in sightings if s.at <= window.until_at), key=lambda s: (s.at, s.gate, s.direction))
    first = next((s for s in seen if not s.suspect), None)
    excuse = excuse_of(leave, window)
    doors = doors_of_day(dormitory, window) if dormitory else []
    slept = _shown_by_doors(doors, window.opens_at) if doors else None
    if slept is not None and (first is None or slept.at < first.at):
        return _mark_of_door(slept, window, excuse)
    seen += [one for one in doors if one.suspect]
    if first is not None:
        return _mark_of_pass(first, window, excuse)
    if excuse is not None:
        return mark_of_leave(excuse, {})
    if now < window.closes_at:
        return Mark(status=None, why="open")
    if seen:
        return Mark(status="unknown", why="clock_suspect", evidence=of_pass(seen[0]))
    return hidden_mark(window, outages)


def next_mark(standing: Standing | None, proposed: Mark) -> Mark | None:
    """What the machine appends to a student's marks, if anything.

    Nothing when a person's word holds, when nothing is new, or when nothing was ever said and there is nothing to say.
    """
    if standing is None:
        return proposed if proposed.status is not None else None
    if standing.held:
        return None
    old = standing.mark
    if (old.status, old.why, dict(old.evidence)) == (proposed.status, proposed.why, dict(proposed.evidence)):
        return None
    return proposed


def hiding(outages: Iterable[Outage], spooled: Mapping[str, Sequence[datetime]]) -> list[Outage]:
    """The outages that may hide passes.

    ``spooled`` are, for each gate, the moments of passes it stored while offline and handed in later. A gate that is
    back and has handed in passes from within its outage lost its line, not its sight: that outage hides nobody.
    """
    return [
        outage
        for outage in outages
        if outage.end is None or not any(outage.start <= at <= outage.end for at in spooled.get(outage.device, ()))
    ]


def doors_of_day(dormitory: Iterable[Sighting], window: Window) -> list[Sighting]:
    """The passes of the dormitory's doors that speak of a session, by time: those of its morning and later."""
    from_ = window.opens_at - GETTING_UP
    return sorted((s for s in dormitory if from_ <= s.at <= window.until_at), key=lambda s: (s.at, s.gate, s.direction))


def _shown_by_doors(doors: Sequence[Sighting], opens_at: datetime) -> Sighting | None:
    """What shows that somebody is on site: who went out of the dormitory before the gates opened, or a pass since."""
    sure = [one for one in doors if not one.suspect]
    early = [one for one in sure if one.at < opens_at]
    if early and early[-1].direction == "out":
        return early[-1]
    return next((one for one in sure if one.at >= opens_at), None)


def _mark_of_door(shown: Sighting, window: Window, excuse: LeaveSpan | None) -> Mark:
    evidence = of_pass(shown)
    if shown.at <= window.late_at or shown.direction == "out":  # who goes out of the dormitory was in it
        return Mark(status="present", why="from_dormitory", evidence=evidence)
    if excuse is not None:
        return mark_of_leave(excuse, evidence)
    minutes = -((window.late_at - shown.at) // timedelta(minutes=1))
    return Mark(status="late", why="from_dormitory", evidence={**evidence, "minutes": minutes})


def _mark_of_pass(first: Sighting, window: Window, excuse: LeaveSpan | None) -> Mark:
    evidence = of_pass(first)
    if first.at > window.late_at and excuse is not None:
        return mark_of_leave(excuse, evidence)
    if first.direction == "out":
        # Who goes out was in: the tap of the morning was missed, and nothing says that the student came late.
        return Mark(status="present", why="passed_out", evidence=evidence)
    if first.at <= window.late_at:
        return Mark(status="present", why="gate_pass", evidence=evidence)
    minutes = -((window.late_at - first.at) // timedelta(minutes=1))
    return Mark(status="late", why="gate_pass", evidence={**evidence, "minutes": minutes})


def hidden_mark(window: Window, outages: Iterable[Outage]) -> Mark:
    """The mark of a student nobody saw in the window: unknown when nobody could have, absent otherwise."""
    unwatched = min(window.watched_from, window.closes_at) - window.opens_at
    if unwatched >= OUTAGE_COUNTS:
        evidence = {"from": to_ms(window.opens_at), "to": to_ms(window.watched_from)}
        return Mark(status="unknown", why="not_watched", evidence=evidence)
    away = _longest_away(outages, window)
    if away is not None:
        return Mark(status="unknown", why="gate_down", evidence=away)
    return Mark(status="absent", why="no_pass", evidence={"at": to_ms(window.closes_at)})


def _longest_away(outages: Iterable[Outage], window: Window) -> Evidence | None:
    """The gate that was away longest within the window, from its first to its last outage there."""
    spans: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for outage in outages:
        if outage.start < window.closes_at and (outage.end is None or outage.end > window.opens_at):
            spans.setdefault(outage.device, []).append((outage.start, outage.end))
    away = [(_overlap(spans[gate], window), gate) for gate in sorted(spans)]
    length, gate = max(away, key=lambda one: one[0], default=(timedelta(0), ""))
    if length < OUTAGE_COUNTS:
        return None
    ends = [end for _, end in spans[gate] if end is not None]
    lasts = len(ends) < len(spans[gate])
    start = min(start for start, _ in spans[gate])
    return {"device": gate, "from": to_ms(start), "to": None if lasts else to_ms(max(ends))}


def _overlap(spans: Iterable[tuple[datetime, datetime | None]], window: Window) -> timedelta:
    """How much of the window the spans cover; spans may touch or overlap."""
    total, reached = timedelta(0), window.opens_at
    for start, end in sorted((start, end or window.closes_at) for start, end in spans):
        begin, finish = max(start, reached), min(end, window.closes_at)
        if finish > begin:
            total += finish - begin
            reached = finish
    return total


def excuse_of(leave: Iterable[LeaveSpan], window: Window) -> LeaveSpan | None:
    """The leave that reaches into the time between late and closed, if any: it excuses from arriving."""
    spans = [span for span in leave if span.starts <= window.closes_at and span.ends > window.late_at]
    return min(spans, key=lambda span: (span.starts, span.ends, span.kind), default=None)


def of_pass(sighting: Sighting) -> dict[str, str | int | None]:
    """The evidence that a sighting is."""
    return {"gate": sighting.gate, "at": to_ms(sighting.at)}


def mark_of_leave(span: LeaveSpan, seen: Evidence) -> Mark:
    """The mark of a student on leave, with what was ``seen`` all the same."""
    return Mark(status=span.status, why="leave", evidence={**_of_leave(span), **seen})


def _of_leave(span: LeaveSpan) -> dict[str, str | int | None]:
    return {"kind": span.kind, "from": to_ms(span.starts), "to": to_ms(span.ends)}
