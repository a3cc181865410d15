"""The worked cases of `worked_cases.md`, each played through the whole stage on a real database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from attendance_play import Play

TABLE = Path(__file__).with_name("worked_cases.md")
COLUMNS = ("case", "passes", "leave", "outages", "corrections", "asked", "mark", "why", "so_far")
Happening = tuple[datetime, Callable[[], object]]

PASS = re.compile(
    r"(?:(?P<who>s-\d): )?(?P<at>\S+)(?: (?P<way>in|out))? (?P<gate>gate-\d)"
    r"(?: told (?P<told>\S+))?(?: late (?P<late>\S+))?(?P<twice> twice)?"
)
LEAVE = re.compile(r"(?P<start>\S+?)-(?P<end>\S+) (?P<kind>\w+)(?: granted (?P<granted>\S+))?")
OUTAGE = re.compile(r"(?P<gate>gate-\d) (?P<start>[\d:]+)-(?P<end>[\d:]*)(?: known (?P<known>\S+))?")
CORRECTION = re.compile(r"(?P<at>\S+) (?P<word>\w+) by (?P<by>\S+)")


def cases() -> list[dict[str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    rows = [dict(zip(COLUMNS, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines]
    return rows[1:]


def parts(cell: str, pattern: re.Pattern[str]) -> Iterator[dict[str, str]]:
    for part in filter(None, map(str.strip, cell.split(";"))):
        match = pattern.fullmatch(part)
        assert match, f"cannot read {part!r} in the table of worked cases"
        yield match.groupdict()


def passes(play: Play, cell: str) -> Iterator[Happening]:
    for one in parts(cell, PASS):
        received, told = one["late"], one["told"]
        student = one["who"] or "s-1"
        envelope = play.gate_pass(one["at"], student, one["gate"], one["way"], received=received, told=told)
        for _ in range(2 if one["twice"] else 1):
            yield envelope.received, partial(play.take, [envelope], envelope.received)


def leaves(play: Play, cell: str) -> Iterator[Happening]:
    for one in parts(cell, LEAVE):
        yield play.at(one["granted"] or "06:45"), partial(play.leave, one["start"], one["end"], kind=one["kind"])


def outages(play: Play, cell: str) -> Iterator[Happening]:
    for one in parts(cell, OUTAGE):
        known = play.at(one["known"]) if one["known"] else play.at(one["start"]) + timedelta(seconds=20)
        clock = f"{known.astimezone(play.zone):%H:%M:%S}"
        yield known, partial(play.gate_falls_silent, one["gate"], one["start"], clock)
        if one["end"]:
            yield play.at(one["end"]), partial(play.gate_returns, one["gate"], one["end"])


def words(play: Play, cell: str) -> Iterator[Happening]:
    for one in parts(cell, CORRECTION):
        step = play.undo if one["word"] == "undo" else partial(play.correct, status=one["word"])  # type: ignore[arg-type]
        yield play.at(one["at"]), partial(step, one["at"], by=one["by"])


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_a_worked_case_gives_its_mark(play: Play, case: dict[str, str]) -> None:
    happenings = [
        *passes(play, case["passes"]),
        *leaves(play, case["leave"]),
        *outages(play, case["outages"]),
        *words(play, case["corrections"]),
    ]
    play.run(happenings, play.at(case["asked"]))

    line = play.line()
    assert (line.status or "-", line.why) == (case["mark"], case["why"])
    assert [mark.status or "-" for mark in play.history()] == case["so_far"].split()
    assert line.history == len(play.history())


def test_the_table_has_enough_cases_and_no_two_of_one_name() -> None:
    names = [case["case"] for case in cases()]
    assert len(names) >= 25
    assert len(names) == len(set(names))
