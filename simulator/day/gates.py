"""What the gates say: a pass for each card, nothing while dead, everything late after a cut line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from campus.events import GatePass
from simulator.chance import chance
from simulator.day.incidents import Script, Span
from simulator.day.people import StudentDay, Way
from simulator.day.wire import WILL_AFTER, Outgoing, Voice
from simulator.school.values import SimulatedSchool

BLIND_LANE = ("gate-1", "2")  # an old reader there does not know which way people go
_TWICE = 0.02  # share of passes that the broker hands over twice
_AGAIN = timedelta(seconds=2)
_SPOOLED_EVERY = timedelta(milliseconds=120)  # how fast a gate empties its store when it is back


class Pass(msgspec.Struct, frozen=True):
    """A card held to a reader."""

    way: Way
    direction: Literal["in", "out"]
    credential: str


def passes(days: Iterable[StudentDay], gate: str) -> list[Pass]:
    """Everybody who walks through ``gate`` on a day, in order of time, whether the gate notices or not."""
    walked = [
        Pass(way, direction, day.student.credential)
        for day in days
        for way, direction in _ways(day)
        if way.gate == gate
    ]
    return sorted(walked, key=lambda one: (one.way.at, one.way.lane, one.credential))


def _ways(day: StudentDay) -> Iterator[tuple[Way, Literal["in", "out"]]]:
    if day.comes is not None:
        yield day.comes, "in"
    if day.goes is not None:
        yield day.goes, "out"


def gate_messages(
    school: SimulatedSchool, day: date, gate: str, days: Sequence[StudentDay], script: Script, beats: Sequence[datetime]
) -> list[Outgoing]:
    """A gate's messages of a day in the order of its own numbers; ``beats`` are the moments of its heartbeats."""
    dead = [span for span in script.dead_gates if span.device == gate]
    cut_off = [span for span in script.cut_off_gates if span.device == gate]
    voice = Voice(school, gate, beats[0])
    again = chance(school.seed, "twice", gate, day)
    moments: list[tuple[datetime, int, Pass | Span | None]] = [(at, 1, None) for at in beats]
    moments += [(one.way.at, 2, one) for one in passes(days, gate)]
    # At one moment the return comes first: it ends the outage for all that follows.
    moments += [(span.end, 0, span) for span in (*dead, *cut_off)]
    moments.sort(key=lambda moment: moment[:2])
    said: list[Outgoing] = []
    stored: list[Pass] = []
    for at, _, what in moments:
        if isinstance(what, Span):
            said += _return(voice, what, stored, restarted=what in dead)
            stored = []
        elif any(span.covers(at) for span in dead):
            continue
        elif any(span.covers(at) for span in cut_off):
            stored += [what] if what is not None else []
        elif what is None:
            said.append(voice.status(at))
        else:
            said.append(_said(voice, what))
            if again.random() < _TWICE and not any(span.covers(at + _AGAIN) for span in (*dead, *cut_off)):
                said.append(_repeated(said[-1]))
    wills = [_will(school, gate, beats[0], span) for span in (*dead, *cut_off)]
    return sorted([*said, *wills], key=lambda message: message.at)


def _return(voice: Voice, span: Span, stored: Sequence[Pass], restarted: bool) -> list[Outgoing]:
    """The gate is back: it says so, then hands in what it stored, oldest first."""
    if restarted:
        voice.restart(span.end)
    late = [_said(voice, one, span.end + _SPOOLED_EVERY * number) for number, one in enumerate(stored, start=1)]
    return [voice.status(span.end), *late]


def _will(school: SimulatedSchool, gate: str, started: datetime, span: Span) -> Outgoing:
    return Voice(school, gate, started).last_will(span.start + WILL_AFTER)


def _said(voice: Voice, one: Pass, sent: datetime | None = None) -> Outgoing:
    direction = None if (one.way.gate, one.way.lane) == BLIND_LANE else one.direction
    event = GatePass(credential=one.credential, lane=one.way.lane, direction=direction)
    return voice.event(one.way.at, event, sent)


def _repeated(message: Outgoing) -> Outgoing:
    """The same message once more, byte for byte: an acknowledgement that was lost."""
    return msgspec.structs.replace(message, at=message.at + _AGAIN)
