"""The worked cases of `worked_messages.md`: what happens on one side, the letters to the guardian on the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import SCHOOL, ZONE, Play
from test_worked_cases import Happening, leaves, outages, passes, words

from attendance.guardians.notices import Timing
from attendance.guardians.ports import Answer, Letter
from attendance.guardians.tables import guardian_notices
from attendance.guardians.wishes import Guardian, keep
from attendance.guardians.worker import GuardianWorker
from campus import db
from campus.clock import VirtualClock

TABLE = Path(__file__).with_name("worked_messages.md")
COLUMNS = ("case", "wants", "passes", "leave", "outages", "corrections", "post", "asked", "letters", "kept")
QUIET = re.compile(r" ?quiet (?P<start>[\d:]+)-(?P<end>[\d:]+)")
CHECKED_AFTER = (0, 16, 120, 121, 300, 600, 601, 620, 900)  # seconds after whatever happened


class Gateway:
    """Stands for SMS and mail: takes letters, or does what the case says."""

    def __init__(self, play: Play, said: str, clock: VirtualClock) -> None:
        self._said = said
        self._clock = clock
        self._down = [play.at(one) for one in said.removeprefix("down ").split("-")] if "down" in said else []
        self.taken: list[tuple[datetime, Letter]] = []
        self.attempts: list[str] = []

    def refusal(self, contact: str) -> str:
        return "" if contact and self._said != "none" else "no_channel"

    def send(self, letter: Letter) -> Answer:
        now = self._clock.now()
        self.attempts.append(letter.id)
        if self._said == "dead":
            return Answer(result="permanent", detail="no such number")
        if self._down and self._down[0] <= now < self._down[1]:
            return Answer(result="temporary", detail="not reached")
        self.taken.append((now, letter))
        return Answer(result="done", detail="taken")


class Morning:
    """The small school's Monday with a guardian of s-1 and s-2, and the worker."""

    def __init__(self, play: Play, wants: str, post: str = "") -> None:
        self.play = play
        self.clock = VirtualClock(play.at("06:40"))
        self.gateway = Gateway(play, post, self.clock)
        self.worker = GuardianWorker(play.engine, self.gateway, self.clock, Timing(zone=ZONE), timedelta(days=90))
        quiet = QUIET.search(wants)
        hours = (
            {f"quiet_{name}": _minute(quiet[key]) for name, key in (("from", "start"), ("until", "end"))}
            if quiet
            else {}
        )
        one = Guardian(id="p-1", name="王大明", phone="13800138000", **hours)
        with db.write(play.engine) as conn:
            kinds = QUIET.sub("", wants).split()
            of = [("s-1", "parent"), ("s-2", "parent")]
            keep(conn, SCHOOL, one, of, kinds, "office", play.at("06:50"))  # type: ignore[arg-type]

    def run(self, happenings: list[Happening], until: datetime) -> None:
        """Everything in its order, the worker after each, and whenever something may be due."""
        bells = [self.play.at(clock) for clock in ("07:00", "08:10", "16:50", "17:40")]
        about = [at + timedelta(seconds=one) for at in [*bells, *(at for at, _ in happenings)] for one in CHECKED_AFTER]
        hours = [self.play.at(f"{hour:02}:{minute:02}") for hour in range(7, 18) for minute in (0, 15, 26, 45)]
        moments = [(at, 0, happening) for at, happening in happenings]
        moments += [(at, 1, None) for at in {*bells, *about, *hours, until}]
        for at, _, happening in sorted(moments, key=lambda one: one[:2]):
            if at > until:
                break
            self.clock.advance(at - self.clock.now())
            if happening:
                happening()
            else:
                self.play.tick(at)
                self.worker.run_once()

    def letters(self) -> str:
        with db.read(self.play.engine) as conn:
            return "; ".join(
                f"{at.astimezone(ZONE):%H:%M} {self._kinds(conn, one.id)}" for at, one in self.gateway.taken
            )

    def _kinds(self, conn: sa.Connection, letter: str) -> str:
        notices = guardian_notices.c
        query = sa.select(notices.kind).where(notices.letter == letter).order_by(notices.student, notices.at)
        return " ".join(conn.execute(query).scalars())

    def kept(self) -> str:
        notices = guardian_notices.c
        query = (
            sa.select(notices.kind, notices.why)
            .where(notices.state != "lettered")
            .order_by(notices.made_at, notices.id)
        )
        with db.read(self.play.engine) as conn:
            return "; ".join(f"{kind} {why}" for kind, why in conn.execute(query))


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def cases() -> list[dict[str, str]]:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [dict(zip(COLUMNS, map(str.strip, line.strip("|").split("|")), strict=True)) for line in lines][1:]


def happenings(play: Play, case: dict[str, str]) -> Iterator[Happening]:
    yield from passes(play, case["passes"])
    yield from leaves(play, case["leave"])
    yield from outages(play, case["outages"])
    yield from words(play, case["corrections"])


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_a_worked_case_gives_its_letters(play: Play, case: dict[str, str]) -> None:
    morning = Morning(play, case["wants"], case["post"])
    morning.run(list(happenings(play, case)), play.at(case["asked"]))
    assert morning.letters() == case["letters"]
    assert morning.kept() == case["kept"]


def test_the_table_has_enough_cases_and_no_two_of_one_name() -> None:
    names = [case["case"] for case in cases()]
    assert len(names) >= 35
    assert len(names) == len(set(names))
