"""An incident and its muster: who must be accounted for, several people ticking at once, and the figures afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerts.incidents import incidents
from alerts.incidents.after_action import after_action, safe_at
from alerts.incidents.incidents import Incident, MusterLine, Person
from alerts.incidents.tables import muster_steps
from campus import changes, db
from campus.errors import Conflict, NotFound

SCHOOL = "school-1"
BEGAN = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
PEOPLE = [Person("s-1", "c-1", "in"), Person("s-2", "c-1", "in"), Person("s-3", "c-2", "unknown")]


def later(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@pytest.fixture
def running(engine: sa.Engine) -> Incident:
    with db.write(engine) as conn:
        return incidents.begin(conn, SCHOOL, "evacuation", PEOPLE, "guard", BEGAN)


def say(engine: sa.Engine, incident: Incident, students: list[str], state: incidents.State, at: float, by: str) -> int:
    with db.write(engine) as conn:
        return incidents.account(conn, incident, students, state, by, later(at))


def states(engine: sa.Engine, incident: Incident) -> dict[str, str]:
    with db.read(engine) as conn:
        return {line.student: line.state for line in incidents.lines(conn, incident.id)}


def test_everybody_on_site_is_on_the_muster_and_nobody_is_accounted_for_yet(
    engine: sa.Engine, running: Incident
) -> None:
    assert states(engine, running) == {"s-1": "open", "s-2": "open", "s-3": "open"}
    with db.read(engine) as conn:
        assert incidents.current(conn, SCHOOL) == running
        assert incidents.current(conn, "school-2") is None


def test_one_incident_runs_at_a_time_and_the_next_after_the_all_clear(engine: sa.Engine, running: Incident) -> None:
    with pytest.raises(Conflict, match="end it first"), db.write(engine) as conn:
        incidents.begin(conn, SCHOOL, "lockdown", [], "guard", later(5))
    with db.write(engine) as conn:
        ended = incidents.end(conn, running, "guard", later(600), "a burnt toast")
        assert incidents.begin(conn, SCHOOL, "lockdown", [], "guard", later(700)).closed_at is None
        assert [one.note for one in incidents.past(conn, SCHOOL)] == ["a burnt toast"]
    with pytest.raises(Conflict, match="ended already"), db.write(engine) as conn:
        incidents.end(conn, ended, "guard", later(800))


def test_a_tick_that_arrives_late_leaves_what_somebody_else_has_said_since(
    engine: sa.Engine, running: Incident
) -> None:
    say(engine, running, ["s-1"], "missing", 120, "t-2")
    with db.write(engine) as conn:
        late = incidents.account(conn, running, ["s-1", "s-2"], "seen", "t-1", later(300), later(60))
    assert late == 1
    assert states(engine, running) == {"s-1": "missing", "s-2": "seen", "s-3": "open"}
    with db.write(engine) as conn:  # said again, with that in view
        incidents.account(conn, running, ["s-1"], "seen", "t-1", later(310), later(305))
    assert states(engine, running)["s-1"] == "seen"


def test_two_teachers_tick_at_once_and_every_tick_is_a_step(engine: sa.Engine, running: Incident) -> None:
    assert say(engine, running, ["s-1", "s-2"], "seen", 60, "t-1") == 2
    assert say(engine, running, ["s-2", "s-3"], "seen", 70, "t-2") == 1  # s-2 was seen before: no news
    assert say(engine, running, ["s-2"], "missing", 90, "t-1") == 1  # a mistake put right
    assert states(engine, running) == {"s-1": "seen", "s-2": "missing", "s-3": "seen"}
    with db.read(engine) as conn:
        steps = conn.execute(
            sa.select(muster_steps.c.student, muster_steps.c.old, muster_steps.c.new, muster_steps.c.by)
        )
        assert [tuple(step) for step in steps] == [
            ("s-1", "open", "seen", "t-1"),
            ("s-2", "open", "seen", "t-1"),
            ("s-3", "open", "seen", "t-2"),
            ("s-2", "seen", "missing", "t-1"),
        ]


def test_a_tick_tells_the_classes_it_is_about(engine: sa.Engine, running: Incident) -> None:
    with db.read(engine) as conn:
        before = changes.last_id(conn)
    say(engine, running, ["s-1", "s-3"], "seen", 60, "t-1")
    with db.read(engine) as conn:
        assert [(one.topic, one.scope) for one in changes.since(conn, before)] == [("muster", "c-1"), ("muster", "c-2")]


def test_a_stranger_and_an_ended_incident_are_refused_and_nothing_is_ticked(
    engine: sa.Engine, running: Incident
) -> None:
    with pytest.raises(NotFound, match="s-9"):
        say(engine, running, ["s-1", "s-9"], "seen", 60, "t-1")
    assert set(states(engine, running).values()) == {"open"}
    with db.write(engine) as conn:
        ended = incidents.end(conn, running, "guard", later(100))
    with pytest.raises(Conflict, match="ended"):
        say(engine, ended, ["s-1"], "seen", 120, "t-1")


def line(student: str, class_id: str, state: incidents.State, at: float | None) -> MusterLine:
    moment = None if at is None else later(at)
    return MusterLine(student=student, class_id=class_id, before="in", state=state, at=moment, by="t")


def incident() -> Incident:
    return Incident(
        id="i", school=SCHOOL, kind="evacuation", exercise=True, alarm=None, opened_at=BEGAN, opened_by="g",
        closed_at=None, closed_by=None, note="",
    )  # fmt: skip


def test_the_figures_tell_the_times_and_the_slowest_class_first() -> None:
    lines = [
        *(line(f"a-{n}", "c-1", "seen", 10 * (n + 1)) for n in range(5)),
        *(line(f"b-{n}", "c-2", "seen", 100 + n) for n in range(4)),
        line("b-4", "c-2", "away", 300),
    ]
    found = after_action(incident(), lines, {})
    assert (found.total, found.accounted, found.missing, found.open) == (10, 10, 0, 0)
    assert found.within == {50: 50.0, 90: 103.0, 100: 300.0}
    assert [(one.class_id, one.complete_s) for one in found.classes] == [("c-2", 300.0), ("c-1", 50.0)]


def test_a_class_that_is_not_complete_stands_before_the_slow_ones() -> None:
    lines = [line("a", "c-1", "seen", 900), line("b", "c-2", "open", None), line("c", "c-3", "missing", 50)]
    found = after_action(incident(), lines, {})
    assert [one.class_id for one in found.classes] == ["c-2", "c-3", "c-1"]
    assert (found.open, found.missing, found.within[50], found.within[100]) == (1, 1, None, None)


@pytest.mark.parametrize(
    ("state", "ticked", "left", "safe"),
    [
        ("open", None, None, None),
        ("open", None, 40, 40),  # the gate saw the student leave
        ("seen", 60, None, 60),
        ("seen", 60, 40, 40),  # whichever was first
        ("missing", 60, None, None),
        ("missing", 60, 40, None),  # a person who looked knows better than a card at the gate before
        ("missing", 60, 80, 80),  # and the gate later knows better than that
        ("away", 30, None, 30),
    ],
)
def test_safe_is_who_was_seen_or_left_by_a_gate(
    state: incidents.State, ticked: float | None, left: float | None, safe: float | None
) -> None:
    moment = None if left is None else later(left)
    assert safe_at(line("s", "c", state, ticked), moment) == (None if safe is None else later(safe))


def test_a_muster_of_nobody_is_no_division_by_zero() -> None:
    assert after_action(incident(), [], {}).within == {50: None, 90: None, 100: None}
