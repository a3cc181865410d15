"""The worked cases of `worked_messages.md`: what happens on one side, the letters to the guardian on the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from attendance_play import SCHOOL, ZONE, Play, fill, local
from test_worked_cases import Happening, leaves, outages, passes, words

from attendance.guardians.letters import forget_before
from attendance.guardians.notices import Timing
from attendance.guardians.ports import Answer, Letter
from attendance.guardians.sheet import import_guardians
from attendance.guardians.tables import guardian_letters, guardian_notices
from attendance.guardians.wishes import Guardian, keep
from attendance.guardians.worker import GuardianWorker
from campus import db
from campus.clock import VirtualClock
from campus.errors import ImportFileError

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
            if at < self.clock.now():
                continue
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


def test_the_same_letters_on_postgresql(postgresql: sa.Engine, tmp_path: Path) -> None:
    with db.write(postgresql) as conn:
        fill(conn, tmp_path, local("06:40"))
    play = Play(postgresql)
    morning = Morning(play, "absent arrived left")
    case = {"passes": "07:41 in gate-1 late 10:00; s-2: 07:41 in gate-1; s-2: 11:00 out gate-1"}
    empty = dict.fromkeys(COLUMNS, "")
    morning.run(list(happenings(play, {**empty, **case})), play.at("12:00"))
    assert morning.letters() == "07:43 arrived; 08:20 absent; 10:02 corrected; 11:02 left"


def test_a_message_that_waits_while_it_turns_out_wrong_is_withdrawn(play: Play) -> None:
    morning = Morning(play, "absent")
    late = play.gate_pass("07:41", received="08:21")
    present = play.gate_pass("07:41", "s-2")
    holding = morning.worker._send  # the letters are written, and the sender stands still
    morning.worker._send = lambda: 0  # type: ignore[method-assign]
    morning.run([(present.received, lambda: play.take([present], present.received))], play.at("08:21"))
    play.take([late], late.received)
    morning.worker.run_once()
    morning.worker._send = holding  # type: ignore[method-assign]
    morning.run([], play.at("12:00"))
    assert (morning.letters(), morning.kept()) == ("", "absent no_longer_so; corrected no_longer_so")
    with db.read(play.engine) as conn:
        assert conn.execute(sa.select(guardian_letters.c.state)).scalars().all() == ["withdrawn"]


def test_notices_and_letters_are_forgotten_after_their_time(play: Play) -> None:
    morning = Morning(play, "arrived")
    one = play.gate_pass("07:41")
    morning.run([(one.received, lambda: play.take([one], one.received))], play.at("08:00"))
    assert morning.letters() == "07:43 arrived"
    with db.write(play.engine) as conn:
        assert forget_before(conn, play.at("07:00")) == 0
        assert forget_before(conn, play.at("09:00")) == 1
    assert morning.kept() == ""


BAD_SHEETS = [
    ("p-1,王大明,s-9,,13800138000,zh,absent", "line 2: student 's-9' is not in the roster"),
    ("p-1,王大明,s-1,,call me,zh,absent", "line 2: the telephone number is none: write it in digits"),
    ("p-1,王大明,s-1,,13800138000,fr,absent", "line 2: messages are written in zh or en, and sent by phone or email"),
    ("p-1,王大明,s-1,,13800138000,zh,lunch", "line 2: wants 'lunch' is not known; use arrived, left, absent, leave"),
    (
        "p-1,王大明,s-1,,13800138000,zh,absent\np-1,王大明,s-2,,13900139000,zh,absent",
        "line 3: guardian 'p-1' is told differently in line 2",
    ),
]


@pytest.mark.parametrize(("lines", "problem"), BAD_SHEETS, ids=[problem[8:40] for _, problem in BAD_SHEETS])
def test_a_wrong_line_of_the_guardians_is_named_with_its_fix(
    filled: sa.Engine, tmp_path: Path, lines: str, problem: str
) -> None:
    path = tmp_path / "guardians.csv"
    path.write_text(f"guardian,name,student,relation,phone,language,wants\n{lines}\n", encoding="utf-8")
    with pytest.raises(ImportFileError, match=re.escape(problem)), db.write(filled) as conn:
        import_guardians(conn, SCHOOL, path, local("06:40"))
