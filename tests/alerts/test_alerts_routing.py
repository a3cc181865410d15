"""Who is told, and what follows: the tree, shifts, fall-backs; escalation and reminders that an acknowledge stops."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from alerts.life import actions, queries
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.rules.rule import Severity
from alerts.rules.yaml_document import RuleFileError
from alerts.telling import duty
from alerts.telling.dispatch import Dispatcher
from alerts.telling.routefile import load_routes
from alerts.telling.routes import Facts, Plan, Routes, plan
from alerts.telling.worker import AlertWorker
from campus import db
from tests.alerts.play import SCHOOL, Play, at

FILE = """
root:
  name: school
  levels: [{to: [guard], by: [group]}]
  routes:
    - name: life
      severities: [critical]
      levels:
        - {to: [guard], by: [group]}
        - {after_s: 120, to: [facility], by: [sms]}
        - {after_s: 300, to: [head], by: [sms, siren]}
      remind_every_s: 60
      remind_times: 3
      routes:
        - {name: kitchen, places: [kitchen]}
    - {name: students, rules: [left-in-school-hours], levels: [{to: [class_teacher, lesson_teacher], by: [sms]}]}
    - {name: night, when: {hours: "22:00-06:00"}, levels: [{to: [guard], by: [sms]}]}
stand_ins: {group: sms}
"""


class Post:
    """An endpoint that keeps what it is sent and answers as told."""

    kind = "test"
    min_severity: Severity = "info"

    def __init__(self, name: str) -> None:
        self.name = self.address = name
        self.got: list[Notice] = []
        self.answer = Receipt(result="done", detail="")

    def render(self, notice: Notice) -> bytes:
        return msgspec.json.encode(notice)

    def send(self, parcel: Parcel) -> Receipt:
        self.got.append(msgspec.json.decode(parcel.body, type=Notice))
        return self.answer

    def actions(self) -> list[str]:
        return [notice.action for notice in self.got]


class People:
    def __init__(self) -> None:
        self.roles = {"guard": ["guard-1", "guard-2"], "facility": ["facility-1"], "head": ["head-1"]}

    def with_role(self, conn: sa.Connection, school: str, role: str, /) -> Sequence[str]:
        return self.roles.get(role, [])

    def lesson_teacher(
        self, conn: sa.Connection, school: str, class_id: str | None, place: str | None, at_: datetime, /
    ) -> str | None:
        return "t-maths"

    def class_teacher(self, conn: sa.Connection, school: str, class_id: str, /) -> str | None:
        return "t-class"


class Desk:
    """A worker over the routes of this file."""

    def __init__(self, play: Play, routes: Routes) -> None:
        self.play = play
        self.people = People()
        self.posts = {name: Post(name) for name in ("group", "sms", "siren")}
        self.routes = routes
        self.restart()

    def restart(self) -> None:
        dispatcher = Dispatcher(self.posts, lambda _conn: self.routes, self.play.calendar, self.people)
        self.worker = AlertWorker(self.play.engine, self.posts, self.play.clock, dispatcher=dispatcher)

    def until(self, text: str) -> None:
        while self.play.clock.now() < at(text):
            self.play.clock.advance(timedelta(seconds=5))
            self.worker.run_once()

    def say(self, sentence: str) -> None:
        self.play._say(sentence, sentence)
        self.worker.run_once()


@pytest.fixture
def routes(tmp_path: Path) -> Routes:
    path = tmp_path / "routes.yaml"
    path.write_text(FILE, encoding="utf-8")
    return load_routes(path)


@pytest.fixture
def desk(play: Play, routes: Routes) -> Desk:
    play.until(at("09:00"))
    return Desk(play, routes)


def facts(**said: object) -> Facts:
    usual = {
        "school": SCHOOL, "place": "room-1", "severity": "warning", "rule": "co2-high", "device_kind": "sensor",
        "day": "school", "parts": frozenset(), "minute": 600,
    }  # fmt: skip
    return msgspec.convert(usual | said, Facts)


@pytest.mark.parametrize(
    ("said", "route"),
    [
        ({}, "school"),
        ({"severity": "critical"}, "school/life"),
        ({"severity": "critical", "place": "kitchen"}, "school/life/kitchen"),
        ({"rule": "left-in-school-hours"}, "school/students"),
        ({"minute": 1380}, "school/night"),
        ({"minute": 1380, "severity": "critical"}, "school/life"),
    ],
)
def test_the_first_child_that_fits_takes_the_alarm(routes: Routes, said: dict[str, object], route: str) -> None:
    assert plan(routes, facts(**said)).route == route


def test_what_a_route_leaves_out_it_has_from_its_parent(routes: Routes) -> None:
    above: Plan = plan(routes, facts(severity="critical"))
    mine = plan(routes, facts(severity="critical", place="kitchen"))
    assert (mine.levels, mine.remind_every_s, mine.remind_times) == (above.levels, 60, 3)


def test_a_wrong_file_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text("root: {name: a, levels: [{after_s: 5}]}", encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"routes\.yaml, line 1: the first level has"):
        load_routes(path)
    with pytest.raises(RuleFileError, match=r"gone\.yaml, line 1: cannot be read"):
        load_routes(tmp_path / "gone.yaml")


def test_nobody_acknowledges_so_it_is_reminded_and_escalated(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    assert desk.posts["group"].actions() == ["raise"]
    desk.until("09:01:05")
    assert desk.posts["group"].actions() == ["raise", "remind"]
    desk.until("09:02:05")
    assert "escalate" in desk.posts["sms"].actions()
    assert desk.posts["siren"].actions() == []
    desk.until("09:05:05")
    assert desk.posts["siren"].actions() == ["escalate"]
    assert desk.posts["group"].actions().count("remind") == 3
    row = desk.play.the("smoke", "smoke-1")
    with db.read(desk.play.engine) as conn:
        assert [(one.person, one.who) for one in queries.told(conn, SCHOOL, row.id)][-1] == ("head-1", "head")
        assert queries.follows(conn, SCHOOL, row.id) == []
    assert row.level == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "the guard acknowledges smoke of smoke-1",
        "the guard resolves smoke of smoke-1 as false",
        "the guard shelves smoke of smoke-1 until 10:00",
        "maintenance of the device smoke-1 for welding until 10:00",
    ],
)
def test_a_person_stops_what_would_follow_at_once(desk: Desk, sentence: str) -> None:
    desk.say("smoke-1 alarms smoke")
    desk.say(sentence)
    desk.until("09:20")
    told = [*desk.posts["group"].actions(), *desk.posts["sms"].actions()]
    assert "remind" not in told
    assert "escalate" not in told


def test_an_alarm_that_returned_unseen_is_still_followed_up(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    desk.say("smoke-1 clears smoke")
    desk.until("09:02:05")
    assert "escalate" in desk.posts["sms"].actions()


def test_timers_survive_a_restart_and_only_the_last_reminder_is_sent(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    desk.play.clock.advance(timedelta(minutes=4))
    desk.restart()
    desk.worker.run_once()
    assert desk.posts["group"].actions() == ["raise", "remind"]
    assert desk.posts["sms"].actions().count("escalate") == 1


def test_two_workers_ring_a_timer_once(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    first = desk.worker
    desk.restart()
    desk.play.clock.advance(timedelta(seconds=61))
    first.run_once()
    desk.worker.run_once()
    assert desk.posts["group"].actions() == ["raise", "remind"]


def test_who_heard_of_an_alarm_hears_how_it_ends(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    desk.until("09:02:05")
    desk.say("the guard resolves smoke of smoke-1 as drill")
    assert desk.posts["sms"].actions()[-1] == "resolve"
    assert desk.posts["group"].actions()[-1] == "resolve"
    assert desk.posts["siren"].actions() == []


def test_the_stand_in_takes_over_what_could_not_be_delivered(desk: Desk) -> None:
    desk.posts["group"].answer = Receipt(result="permanent", detail="HTTP 400", status=400)
    desk.say("gate-1 falls silent")
    desk.worker.run_once()
    assert desk.posts["sms"].actions() == ["raise"]
    assert desk.posts["sms"].got[0].key != desk.posts["group"].got[0].key


def told(desk: Desk, rule: str, subject: str) -> list[tuple[str, str]]:
    with db.read(desk.play.engine) as conn:
        return [(one.person, one.why) for one in queries.told(conn, SCHOOL, desk.play.the(rule, subject).id)]


def shift(desk: Desk, account: str, start: str, end: str, post: str | None = None) -> None:
    with db.write(desk.play.engine) as conn:
        duty.plan_shift(conn, SCHOOL, account, at(start), at(end), post)


def test_the_guard_on_post_is_asked_first(desk: Desk) -> None:
    shift(desk, "guard-1", "08:00", "16:00")
    shift(desk, "guard-2", "08:00", "16:00", "room-1")
    desk.say("smoke-1 alarms smoke")
    assert told(desk, "smoke", "smoke-1") == [("guard-2", "on_post")]
    assert desk.posts["group"].got[0].told == ("guard-2",)


def test_the_guard_of_the_whole_school_is_asked_where_no_post_is(desk: Desk) -> None:
    shift(desk, "guard-1", "08:00", "16:00")
    shift(desk, "guard-2", "08:00", "16:00", "gate-north")
    desk.say("smoke-1 alarms smoke")
    assert told(desk, "smoke", "smoke-1") == [("guard-1", "on_post")]


def test_when_nobody_is_on_post_everyone_on_duty_is_asked(desk: Desk) -> None:
    shift(desk, "guard-2", "08:00", "16:00", "gate-north")
    desk.say("smoke-1 alarms smoke")
    assert told(desk, "smoke", "smoke-1") == [("guard-2", "nobody_on_post")]


def test_when_nobody_is_on_duty_every_guard_is_asked_and_without_guards_the_head(desk: Desk) -> None:
    shift(desk, "guard-2", "16:00", "23:00")
    desk.say("smoke-1 alarms smoke")
    assert told(desk, "smoke", "smoke-1") == [("guard-1", "nobody_on_duty"), ("guard-2", "nobody_on_duty")]
    desk.people.roles["guard"] = []
    desk.say("smoke-2 alarms smoke")
    assert told(desk, "smoke", "smoke-2") == [("head-1", "no_guard")]


def test_a_student_who_left_is_told_to_the_class_teacher_and_who_teaches_now(desk: Desk) -> None:
    desk.say("s-0001 goes out at gate-1")
    assert told(desk, "left-in-school-hours", "s-0001") == [("t-class", "class_teacher"), ("t-maths", "teaches_now")]


def test_a_shift_that_ends_before_it_begins_is_refused(desk: Desk) -> None:
    with pytest.raises(duty.Conflict):
        shift(desk, "guard-1", "16:00", "08:00")


def test_acknowledging_twice_is_refused_and_rings_nothing(desk: Desk) -> None:
    desk.say("smoke-1 alarms smoke")
    desk.say("the guard acknowledges smoke of smoke-1")
    with pytest.raises(duty.Conflict), db.write(desk.play.engine) as conn:
        actions.acknowledge(conn, desk.play.the("smoke", "smoke-1").id, "guard-2", desk.play.clock.now())
