"""What truly happens on a simulated day: a file of JSON lines, and the comparison of a platform's findings with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from campus.errors import ImportFileError

MarkStatus = Literal["present", "late", "absent", "on_leave", "unknown"]
# A mark is judged when the platform had this long to write it.
SETTLES = timedelta(minutes=5)


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="truth"):
    """Base of the lines of a truth file."""


class TruthDay(Line, frozen=True, kw_only=True, tag="day"):
    """The first line: whose day it is, when arrivals are decided, and when the stream ends."""

    school: str
    day: date
    closes_at: datetime
    ends_at: datetime


class ExpectedAlarm(Line, frozen=True, kw_only=True, tag="alarm"):
    """An alarm of ``rule`` about ``subject`` that must be raised once, from ``at`` to ``within_s`` seconds later."""

    rule: str
    subject: str  # the device, or the student
    device: str
    at: datetime
    within_s: float
    why: str


class ExpectedQuiet(Line, frozen=True, kw_only=True, tag="quiet"):
    """Something that looks like trouble and is none: no alarm of ``rule`` about ``subject`` in this span."""

    rule: str
    subject: str
    start: datetime
    end: datetime
    why: str


class ExpectedMark(Line, frozen=True, kw_only=True, tag="mark"):
    """A student's arrival mark when absence is decided, and what it is once all evidence is in."""

    student: str
    at_close: MarkStatus
    at_end: MarkStatus
    why: str


class ExpectedRefusal(Line, frozen=True, kw_only=True, tag="refusal"):
    """A message that must end among the dead letters with ``reason``."""

    device: str
    at: datetime
    reason: str


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a day."""

    day: TruthDay
    alarms: tuple[ExpectedAlarm, ...]
    quiets: tuple[ExpectedQuiet, ...]
    marks: tuple[ExpectedMark, ...]
    refusals: tuple[ExpectedRefusal, ...]


class SeenAlarm(msgspec.Struct, frozen=True):
    """An alarm as the platform raised it."""

    rule: str
    subject: str
    raised_at: datetime


class SeenMark(msgspec.Struct, frozen=True):
    """A mark as the platform wrote it; of each student any number, in any order."""

    student: str
    status: str
    at: datetime


class Mismatch(msgspec.Struct, frozen=True):
    """One difference between the truth and what was found, in words."""

    kind: Literal["missing alarm", "late alarm", "false alarm", "wrong mark at close", "wrong mark at end"]
    subject: str
    detail: str


_AnyLine = TruthDay | ExpectedAlarm | ExpectedQuiet | ExpectedMark | ExpectedRefusal
_decoder = msgspec.json.Decoder(_AnyLine)


def write_truth(truth: Truth, path: Path) -> None:
    """Write ``truth`` as JSON lines, the day first; the file appears whole or not at all."""
    lines: list[_AnyLine] = [truth.day, *truth.alarms, *truth.quiets, *truth.marks, *truth.refusals]
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    part.replace(path)


def read_truth(path: Path) -> Truth:
    """The truth in ``path``; raises `ImportFileError` naming the line that is wrong."""
    lines: dict[type, list[_AnyLine]] = defaultdict(list)
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line = _decoder.decode(text)
        except msgspec.DecodeError as error:
            raise ImportFileError(path.name, number, f"{error}; write it anew with `campus simulate --truth`") from None
        lines[type(line)].append(line)
    if len(lines[TruthDay]) != 1:
        raise ImportFileError(path.name, 1, "a truth file has one line of the day; write it anew")
    return msgspec.convert(
        {
            "day": lines[TruthDay][0],
            "alarms": lines[ExpectedAlarm],
            "quiets": lines[ExpectedQuiet],
            "marks": lines[ExpectedMark],
            "refusals": lines[ExpectedRefusal],
        },
        Truth,
    )


def verify(
    truth: Truth, alarms: Iterable[SeenAlarm], marks: Iterable[SeenMark], until: datetime | None = None
) -> list[Mismatch]:
    """Where findings differ from ``truth``; empty when the platform was right about everything.

    With ``until``, only what must be known by then is asked for: a day that is still running can be held against its
    truth. Every alarm that is not expected is a false one.
    """
    now = until or truth.day.ends_at + SETTLES
    return [*_verify_alarms(truth, list(alarms), now), *_verify_marks(truth, marks, now)]


def _verify_alarms(truth: Truth, alarms: Sequence[SeenAlarm], now: datetime) -> list[Mismatch]:
    unexplained = sorted(alarms, key=lambda alarm: alarm.raised_at)
    found = []
    for expected in truth.alarms:
        latest = expected.at + timedelta(seconds=expected.within_s)
        seen = next((a for a in unexplained if _is_meant(a, expected)), None)
        if seen is not None:
            unexplained.remove(seen)
            if seen.raised_at > latest:
                late_s = (seen.raised_at - latest).total_seconds()
                found.append(Mismatch("late alarm", expected.subject, f"{expected.rule}: {late_s:.0f} s too late"))
        elif now >= latest:
            text = f"{expected.rule} at {expected.at.isoformat()}: {expected.why}"
            found.append(Mismatch("missing alarm", expected.subject, text))
    return found + [Mismatch("false alarm", alarm.subject, _false(truth, alarm)) for alarm in unexplained]


def _is_meant(alarm: SeenAlarm, expected: ExpectedAlarm) -> bool:
    """Whether ``alarm`` is the expected one, be it late; one raised before its cause is another."""
    return (alarm.rule, alarm.subject) == (expected.rule, expected.subject) and alarm.raised_at >= expected.at


def _false(truth: Truth, alarm: SeenAlarm) -> str:
    for quiet in truth.quiets:
        if (quiet.rule, quiet.subject) == (alarm.rule, alarm.subject) and quiet.start <= alarm.raised_at <= quiet.end:
            return f"{alarm.rule} at {alarm.raised_at.isoformat()}, but {quiet.why}"
    return f"{alarm.rule} at {alarm.raised_at.isoformat()}, but nothing happened"


def _verify_marks(truth: Truth, marks: Iterable[SeenMark], now: datetime) -> list[Mismatch]:
    history: dict[str, list[SeenMark]] = defaultdict(list)
    for mark in sorted(marks, key=lambda mark: mark.at):
        history[mark.student].append(mark)
    closed = truth.day.closes_at + SETTLES
    found = []
    for expected in truth.marks:
        if now >= closed:
            found += _wrong("wrong mark at close", expected, expected.at_close, history, closed)
        if now >= truth.day.ends_at:
            found += _wrong("wrong mark at end", expected, expected.at_end, history, now)
    return found


def _wrong(
    kind: Literal["wrong mark at close", "wrong mark at end"],
    expected: ExpectedMark,
    wanted: str,
    history: Mapping[str, Sequence[SeenMark]],
    moment: datetime,
) -> list[Mismatch]:
    marks = history.get(expected.student, ())
    known = [mark for mark in marks if mark.at <= moment] or marks[:1]  # a first mark that came late still counts
    status = known[-1].status if known else "none"
    if status == wanted:
        return []
    return [Mismatch(kind, expected.student, f"{status} instead of {wanted}: {expected.why}")]
