"""Whatever the order in which evidence arrives, the roll ends the same; and no machine overwrites a person's word."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import msgspec
import pytest
import sqlalchemy as sa
from attendance_play import SCHOOL, Play, local
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance.policy import STATUSES
from attendance.register.tables import marks, roll
from campus import db
from campus.envelope import Envelope
from tests.conftest import unhurried

ASKED = "15:00"
PATIENT = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
NewPlay = Callable[[], AbstractContextManager[Play]]


class Tap(msgspec.Struct, frozen=True):
    """A pass of one of two students, in minutes after 06:50."""

    minute: int
    student: str
    gate: str
    direction: str | None


TAPS = st.lists(
    st.builds(
        Tap,
        minute=st.integers(0, 250),
        student=st.sampled_from(["s-1", "s-2"]),
        gate=st.sampled_from(["gate-1", "gate-2", "gate-3"]),
        direction=st.sampled_from(["in", "out", None]),
    ),
    max_size=6,
    unique_by=lambda tap: (tap.student, tap.minute),
)
# A gate that was down, in minutes after 06:50: from, and for how long.
OUTAGE = st.none() | st.tuples(st.integers(0, 90), st.integers(1, 60))


@pytest.fixture(scope="module")
def new_play(small_school: Path, tmp_path_factory: pytest.TempPathFactory) -> NewPlay:
    """Begins the small school's Monday anew, each time in a database of its own."""
    folder = tmp_path_factory.mktemp("plays")
    numbers = itertools.count()

    @contextmanager
    def begin() -> Iterator[Play]:
        path = folder / f"{next(numbers)}.db"
        shutil.copy(small_school / "campus.db", path)
        engine = unhurried(path)
        try:
            made = Play(engine)
            made.tick(made.at("06:50"))
            yield made
        finally:
            engine.dispose()
            path.unlink()

    return begin


def clock(minute: int) -> str:
    return f"{local('06:50') + timedelta(minutes=minute):%H:%M:%S}"


def live(play: Play, tap: Tap) -> Envelope:
    return play.gate_pass(clock(tap.minute), tap.student, tap.gate, tap.direction)


def late(envelope: Envelope, received: datetime) -> Envelope:
    return msgspec.structs.replace(envelope, received=received, late=True)


def happen(play: Play, envelopes: list[Envelope], outage: tuple[int, int] | None) -> list[tuple[datetime, object]]:
    """What happens: passes as they are received, and gate-2 falling silent and returning."""
    found: list[tuple[datetime, object]] = [
        (one.received, partial(play.take, [one], one.received)) for one in envelopes
    ]
    if outage is not None:
        start, end = outage[0], outage[0] + outage[1]
        known = play.at(clock(start)) + timedelta(seconds=20)
        found.append(
            (known, partial(play.gate_falls_silent, "gate-2", clock(start), f"{known.astimezone(play.zone):%H:%M:%S}"))
        )
        found.append((play.at(clock(end)), partial(play.gate_returns, "gate-2", clock(end))))
    return found


def ending(play: Play) -> list[tuple[str, object, str, object]]:
    """The roll of the day as it stands: student, status, reason and evidence."""
    lines = [play.line("s-1"), play.line("s-2")]
    return [(line.student, line.status, line.why, dict(line.evidence)) for line in lines]


def hold_the_register(play: Play) -> None:
    """One current mark a student and session, the last of its numbered marks."""
    with db.read(play.engine) as conn:
        newest = sa.select(marks.c.session, marks.c.student, sa.func.max(marks.c.number), sa.func.count()).group_by(
            marks.c.session, marks.c.student
        )
        for session, student, last, count in conn.execute(newest):
            assert last == count, "marks are numbered without a hole"
            here = (roll.c.session == session, roll.c.student == student)
            assert conn.execute(sa.select(roll.c.number).where(*here)).scalars().all() == [last]
        assert conn.execute(sa.select(sa.func.count()).where(marks.c.school != SCHOOL)).scalar_one() == 0


def handed_in(play: Play, passes: list[Envelope]) -> list[Envelope]:
    """The passes as stored offline and received in the afternoon, a minute apart, in this order."""
    return [late(one, play.at("13:00") + timedelta(minutes=number)) for number, one in enumerate(passes)]


@PATIENT
@given(taps=TAPS, outage=OUTAGE, order=st.randoms(use_true_random=False))
def test_the_order_in_which_stored_passes_arrive_never_changes_the_final_roll(
    new_play: NewPlay, taps: list[Tap], outage: tuple[int, int] | None, order: Random
) -> None:
    endings = []
    for shuffled in (False, True):
        with new_play() as play:
            passes = [live(play, tap) for tap in sorted(taps, key=lambda tap: tap.minute)]
            if shuffled:
                order.shuffle(passes)
            play.run(happen(play, handed_in(play, passes), outage), play.at(ASKED))
            endings.append(ending(play))
            hold_the_register(play)
    assert endings[0] == endings[1]


@PATIENT
@given(taps=TAPS, order=st.randoms(use_true_random=False))
def test_passes_that_come_hours_late_end_in_the_roll_that_live_ones_make(
    new_play: NewPlay, taps: list[Tap], order: Random
) -> None:
    with new_play() as play:
        play.run(happen(play, [live(play, tap) for tap in taps], None), play.at(ASKED))
        expected = ending(play)
        hold_the_register(play)
    with new_play() as play:
        passes = [live(play, tap) for tap in taps]
        order.shuffle(passes)
        play.run(happen(play, handed_in(play, passes), None), play.at(ASKED))
        assert ending(play) == expected
        hold_the_register(play)


@PATIENT
@given(taps=TAPS, outage=OUTAGE)
def test_replaying_a_day_gives_the_same_roll_and_no_new_mark(
    new_play: NewPlay, taps: list[Tap], outage: tuple[int, int] | None
) -> None:
    with new_play() as play:
        passes = [live(play, tap) for tap in taps]
        play.run(happen(play, passes, outage), play.at(ASKED))
        expected, before = ending(play), [len(play.history(student)) for student in ("s-1", "s-2")]
        now = play.at(ASKED) + timedelta(minutes=1)
        play.take([late(one, now) for one in passes], now)
        play.tick(now + timedelta(minutes=1))
        assert ending(play) == expected
        assert [len(play.history(student)) for student in ("s-1", "s-2")] == before
        hold_the_register(play)


@PATIENT
@given(taps=TAPS, outage=OUTAGE, minute=st.integers(20, 400), word=st.sampled_from(STATUSES))
def test_a_persons_word_survives_whatever_comes_before_and_after(
    new_play: NewPlay,
    taps: list[Tap],
    outage: tuple[int, int] | None,
    minute: int,
    word: str,
) -> None:
    with new_play() as play:
        passes = [live(play, tap) for tap in taps]
        said = (play.at(clock(minute)), partial(play.correct, clock(minute), word))  # type: ignore[arg-type]
        play.run([*happen(play, passes, outage), said], play.at(ASKED))
        now = play.at(ASKED) + timedelta(minutes=1)
        play.take([late(one, now) for one in passes], now)
        play.tick(now + timedelta(minutes=1))
        line = play.line("s-1")
        assert (line.status, line.why, line.held) == (word, "corrected", True)
        hold_the_register(play)
