"""What holds for the roll whatever happens: order of arrival, replays, corrections, one current mark."""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import sqlalchemy as sa
from attendance_play import Play, fill, local
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance.directions import Tap, walk
from attendance.policy import LeaveSpan, Sighting, Window, arrival_mark
from attendance.tables import marks, roll
from campus import db

Happening = tuple[datetime, Callable[[], object]]
STUDENTS = ("s-1", "s-2", "s-3")


class Pass(msgspec.Struct, frozen=True):
    minute: int
    student: str
    gate: str
    direction: str | None
    delay: int  # minutes until it arrives; 0 is at once
    suspect: bool


class Outage(msgspec.Struct, frozen=True):
    gate: str
    start: int
    minutes: int


class Leave(msgspec.Struct, frozen=True):
    student: str
    start: int
    minutes: int
    granted: int


class Day(msgspec.Struct, frozen=True):
    passes: tuple[Pass, ...]
    outages: tuple[Outage, ...]
    leaves: tuple[Leave, ...]
    corrected: frozenset[str]


MORNING = st.integers(6 * 60 + 50, 9 * 60)
passes = st.builds(
    Pass,
    minute=MORNING,
    student=st.sampled_from(STUDENTS),
    gate=st.sampled_from(["gate-1", "gate-2"]),
    direction=st.sampled_from(["in", "out", None]),
    delay=st.sampled_from([0, 0, 0, 40, 90]),
    suspect=st.sampled_from([False, False, False, True]),
)
days = st.builds(
    Day,
    passes=st.lists(passes, max_size=7).map(tuple),
    outages=st.lists(
        st.builds(Outage, gate=st.just("gate-2"), start=MORNING, minutes=st.integers(1, 50)), max_size=1
    ).map(tuple),
    leaves=st.lists(
        st.builds(
            Leave, student=st.sampled_from(STUDENTS), start=MORNING, minutes=st.integers(10, 200), granted=MORNING
        ),
        max_size=2,
        unique_by=lambda one: (one.student, one.start),
    ).map(tuple),
    corrected=st.frozensets(st.sampled_from(STUDENTS), max_size=1),
)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@contextmanager
def fresh_play(template: Path) -> Iterator[Play]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "campus.db"
        path.write_bytes(template.read_bytes())
        engine = db.open_engine(f"sqlite:///{path}")
        with db.write(engine) as conn:
            fill(conn, Path(folder), local("06:40"))
        play = Play(engine)
        play.tick(play.at("06:50"))
        yield play
        engine.dispose()


def pass_envelope(play: Play, number: int, one: Pass):  # type: ignore[no-untyped-def]
    received = clock(one.minute + one.delay) if one.delay else None
    told = "03:12" if one.suspect else None
    return play.gate_pass(
        clock(one.minute), one.student, one.gate, one.direction, received=received, told=told, id_=f"event-{number:04d}"
    )


def happenings(play: Play, day: Day) -> list[Happening]:
    found: list[Happening] = []
    for number, one in enumerate(day.passes):
        envelope = pass_envelope(play, number, one)
        found.append((envelope.received, partial(play.take, [envelope], envelope.received)))
    for outage in day.outages:
        start, end = clock(outage.start), clock(outage.start + outage.minutes)
        known = f"{start}:20"
        found.append((play.at(known), partial(play.gate_falls_silent, outage.gate, start, known)))
        found.append((play.at(end), partial(play.gate_returns, outage.gate, end)))
    for leave in day.leaves:
        ends = clock(leave.start + leave.minutes)
        found.append((play.at(clock(leave.granted)), partial(play.leave, clock(leave.start), ends, leave.student)))
    for student in sorted(day.corrected):
        found.append((play.at("08:20"), partial(play.correct, "08:20", "late", student)))
    return found


def final_roll(play: Play) -> dict[tuple[str, str], tuple[object, ...]]:
    """Status, reason and evidence of everybody's current mark."""
    query = sa.select(marks).join(
        roll,
        sa.and_(roll.c.session == marks.c.session, roll.c.student == marks.c.student, roll.c.number == marks.c.number),
    )
    with db.read(play.engine) as conn:
        rows = conn.execute(query).all()
    return {(row.session, row.student): (row.status, row.why, row.evidence, row.by) for row in rows}


def all_marks(play: Play) -> list[tuple[object, ...]]:
    with db.read(play.engine) as conn:
        order = (marks.c.session, marks.c.student, marks.c.number)
        return [tuple(row) for row in conn.execute(sa.select(marks).order_by(*order))]


FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(day=days, seed=st.integers(0, 10_000))
def test_the_order_in_which_evidence_arrives_never_changes_the_final_roll(
    migrated_template: Path, day: Day, seed: int
) -> None:
    with fresh_play(migrated_template) as in_order, fresh_play(migrated_template) as shuffled:
        in_order.run(happenings(in_order, day), in_order.at("12:00"))

        # The same messages, leaves and corrections, long after the bell and in any order. When an outage is noticed
        # before the passes of that gate or after them makes no difference either.
        steps = happenings(shuffled, day)
        outages = [step for _, step in steps if _is_outage(step)]
        rest = [step for _, step in steps if not _is_outage(step)]
        random.Random(seed).shuffle(rest)
        cut = seed % (len(rest) + 1)
        now = shuffled.at("08:11")
        shuffled.tick(now)
        for step in [*rest[:cut], *outages, *rest[cut:]]:
            step()
            now += timedelta(minutes=1)
            shuffled.tick(now)
        shuffled.tick(shuffled.at("12:00"))

        assert final_roll(shuffled) == final_roll(in_order)


def _is_outage(step: Callable[[], object]) -> bool:
    return isinstance(step, partial) and step.func.__name__ in ("gate_falls_silent", "gate_returns")


@FEW
@given(day=days)
def test_replaying_a_day_gives_the_same_roll_and_leaves_corrections_alone(migrated_template: Path, day: Day) -> None:
    with fresh_play(migrated_template) as play:
        play.run(happenings(play, day), play.at("12:00"))
        before = all_marks(play)

        envelopes = [pass_envelope(play, number, one) for number, one in enumerate(day.passes)]
        facts = play.take(envelopes, play.at("12:30"))
        for minute in ("12:31", "12:32"):
            play.tick(play.at(minute))

        assert facts == []
        assert all_marks(play) == before
        for student in day.corrected:
            assert [one[1:3] for one in final_roll_of(play, student)] == [("corrected", "t-1")]


def final_roll_of(play: Play, student: str) -> list[tuple[object, ...]]:
    return [(row[0], row[1], row[3]) for (_, who), row in final_roll(play).items() if who == student]


@FEW
@given(day=days)
def test_the_same_day_in_a_new_database_gives_the_same_marks_to_the_last_row(migrated_template: Path, day: Day) -> None:
    with fresh_play(migrated_template) as first, fresh_play(migrated_template) as second:
        for play in (first, second):
            play.run(happenings(play, day), play.at("12:00"))
        assert all_marks(first) == all_marks(second)


@FEW
@given(day=days)
def test_no_student_has_two_current_marks_for_one_session_and_no_mark_is_lost(
    migrated_template: Path, day: Day
) -> None:
    with fresh_play(migrated_template) as play:
        play.run(happenings(play, day), play.at("12:00"))
        with db.read(play.engine) as conn:
            current = conn.execute(sa.select(roll.c.session, roll.c.student, roll.c.number)).all()
            newest = sa.select(marks.c.session, marks.c.student, sa.func.max(marks.c.number), sa.func.count())
            rows = conn.execute(newest.group_by(marks.c.session, marks.c.student)).all()
        assert len({(session, student) for session, student, _ in current}) == len(current) == len(STUDENTS)
        assert sorted(map(tuple, current)) == sorted((row[0], row[1], row[2]) for row in rows)
        assert all(row[2] == row[3] for row in rows)  # numbered without a gap


# The pure parts, with many more examples --------------------------------------------------------------------------

START = local("07:00")
WINDOW = Window(
    opens_at=START,
    late_at=local("07:50"),
    closes_at=local("08:10"),
    until_at=local("17:40"),
    watched_from=local("06:00"),
)
moments = st.integers(0, 9000).map(lambda seconds: START + timedelta(seconds=seconds))
sightings = st.builds(
    Sighting, moments, st.sampled_from(["gate-1", "gate-2"]), st.sampled_from(["in", "out"]), st.booleans()
)


class Away(msgspec.Struct, frozen=True):
    device: str
    start: datetime
    end: datetime | None


aways = st.builds(Away, st.sampled_from(["gate-1", "gate-2"]), moments, st.none() | moments).filter(
    lambda one: one.end is None or one.end > one.start
)
spans = st.builds(
    lambda start, minutes: LeaveSpan(start, start + timedelta(minutes=minutes), "sick"), moments, st.integers(1, 300)
)


@given(st.lists(sightings), st.lists(spans), st.lists(aways), moments, st.randoms())
def test_the_policy_does_not_look_at_the_order_of_what_it_is_given(
    seen: list[Sighting], leave: list[LeaveSpan], outages: list[Away], now: datetime, rng: random.Random
) -> None:
    expected = arrival_mark(seen, WINDOW, leave, outages, now)
    for part in (seen, leave, outages):
        rng.shuffle(part)
    assert arrival_mark(seen, WINDOW, leave, outages, now) == expected


@given(st.lists(sightings), st.lists(spans), st.lists(aways), moments)
def test_nobody_is_absent_before_the_close_or_with_any_sign_of_being_here(
    seen: list[Sighting], leave: list[LeaveSpan], outages: list[Away], now: datetime
) -> None:
    mark = arrival_mark(seen, WINDOW, leave, outages, now)
    if mark.status == "absent":
        assert now >= WINDOW.closes_at
        assert not seen
    if now >= WINDOW.closes_at:
        assert mark.status is not None
    assert mark.why


@given(
    st.lists(
        st.tuples(st.integers(0, 30_000), st.sampled_from(["in", "out", None]), st.sampled_from(["a", "b"])),
        unique_by=lambda one: one[0],
    ),
    st.randoms(),
)
def test_directions_do_not_depend_on_the_order_of_arrival_and_stated_ones_stand(
    made: list[tuple[int, str | None, str]], rng: random.Random
) -> None:
    taps = [
        Tap(id=str(second), at=START + timedelta(seconds=second), gate=gate, place=None, stated=way)  # type: ignore[arg-type]
        for second, way, gate in made
    ]
    expected = walk(taps, local("16:50"))
    rng.shuffle(taps)
    assert walk(taps, local("16:50")) == expected
    assert all(one.direction == one.tap.stated for one in expected if one.tap.stated)
    for before, after in itertools.pairwise(expected):
        if after.tap.stated is None and not after.repeat:
            assert after.direction != before.direction
