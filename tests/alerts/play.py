"""A small language for scenarios: at a time something happens, by a time an alarm is expected.

Each line is ``HH:MM[:SS] sentence``; times are of the school, a Monday of term. See ``SENTENCES`` for what can be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.life import actions, mutes, queries
from alerts.ports import OverdueWork, RosterTrouble
from alerts.rules.rule import Bilingual
from alerts.rules.rulefile import RuleSet, load_rules
from alerts.stage import AlertStage
from alerts.tables import alarms
from campus import db
from campus.clock import VirtualClock, to_ms
from campus.envelope import Body, Envelope, Source
from campus.events import (
    CameraFall,
    CameraFlow,
    CameraIntrusion,
    CameraObjectLeft,
    CameraRunning,
    CameraTamper,
    EdgeLoss,
    Event,
    GatePass,
    LabSeatLeft,
    LabSeatTaken,
    Reading,
    Readings,
    SensorAlarm,
)
from campus.facts import DeviceReturned, DeviceSilent, StudentPassed
from campus.ids import new_id

SCHOOL = "school-1"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
KINDS = {"co2": "sensor", "t": "sensor", "smoke": "sensor", "door": "sensor", "cam": "camera", "gate": "gate",
         "patrol": "gate", "lab": "lab", "agent": "agent", "hs": "headset", "panic": "sensor",
         "optic": "sensor"}  # fmt: skip
STEP, STRIDE = timedelta(seconds=5), timedelta(seconds=30)  # the strides keep the minutes at which rules look
SILENT_AFTER = timedelta(minutes=3)


def at(text: str) -> datetime:
    """A time of the scenario's day."""
    hour, minute, *second = (int(part) for part in text.split(":"))
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, *second, tzinfo=ZONE)


class Expected(msgspec.Struct, frozen=True):
    classes: tuple[str, ...]
    students: int


class Roll:
    """A roll book of one class: school hours from 08:00 to 16:30, leave as told, a lesson in room-1 all day."""

    def __init__(self) -> None:
        self.leaves: dict[str, tuple[datetime, datetime]] = {}
        self.asked = 0

    def in_school_hours(self, conn: sa.Connection, school: str, class_id: str, at_: datetime, /) -> bool:
        self.asked += 1
        return at("08:00") <= at_ < at("16:30")

    def leave_now(self, conn: sa.Connection, school: str, student: str, at_: datetime, /) -> object | None:
        start, end = self.leaves.get(student, (at_, at_))
        return "leave" if start <= at_ < end else None

    def expected_in(self, conn: sa.Connection, school: str, place: str, at_: datetime, /) -> Expected | None:
        return Expected(("c-g7-1",), 43) if place == "room-1" else None


class Moment(msgspec.Struct, frozen=True):
    day: str
    minute: int
    parts: frozenset[str]


class Calendar:
    """Lessons of 45 minutes with 15 minutes of break from 08:00 to 16:30; the kind of day is as told."""

    def __init__(self) -> None:
        self.day = "school"

    def moment(self, conn: sa.Connection, school: str, at_: datetime, /) -> Moment:
        wall = at_.astimezone(ZONE)
        minute = wall.hour * 60 + wall.minute
        if self.day == "holiday" or not 8 * 60 <= minute < 16 * 60 + 30:
            return Moment(self.day, minute, frozenset({"after_hours"}))
        return Moment(self.day, minute, frozenset({"school_hours", "lesson" if wall.minute < 45 else "break"}))

    def schools(self, conn: sa.Connection, /) -> list[str]:
        return [SCHOOL]


class Register:
    """What roll, gates and leave say together, as told."""

    def __init__(self) -> None:
        self.absent: list[tuple[str, str]] = []
        self.present: list[tuple[str, str]] = []
        self.inside: dict[str, int] = {}
        self.missing: list[str] = []
        self.ill: dict[str, int] = {}
        self.silent: list[tuple[str, str | None, float]] = []
        self.boarders: list[tuple[str, str]] = []
        self.roster: RosterTrouble | None = None
        self.overdue: list[OverdueWork] = []

    def absent_inside(self, conn: sa.Connection, school: str, at_: datetime, /) -> list[tuple[str, str]]:
        return self.absent

    def present_outside(self, conn: sa.Connection, school: str, at_: datetime, /) -> list[tuple[str, str]]:
        return self.present

    def not_checked_out(self, conn: sa.Connection, school: str, at_: datetime, after: timedelta, /) -> dict[str, int]:
        return self.inside if at_ >= at("16:30") + after else {}

    def roll_missing(self, conn: sa.Connection, school: str, at_: datetime, after: timedelta, /) -> list[str]:
        return self.missing if at_ >= at("08:00") + after else []

    def boarders_missing(
        self, conn: sa.Connection, school: str, at_: datetime, after: timedelta, /
    ) -> list[tuple[str, str]]:
        return self.boarders if at_ >= at("22:00") + after else []

    def silent_gates(
        self, conn: sa.Connection, schools: Collection[str], at_: datetime, within: timedelta, /
    ) -> dict[str, list[tuple[str, str | None, float]]]:
        return dict.fromkeys(schools, self.silent)

    def overdue_work(self, conn: sa.Connection, school: str, at_: datetime, after: timedelta, /) -> list[OverdueWork]:
        return self.overdue

    def roster_trouble(
        self, conn: sa.Connection, school: str, at_: datetime, stale: timedelta | None, /
    ) -> RosterTrouble | None:
        return self.roster

    def sick(self, conn: sa.Connection, school: str, since: datetime, until: datetime, /) -> dict[str, int]:
        return self.ill


class Words:
    """Names for the titles."""

    def place_name(self, conn: sa.Connection, school: str, place: str, /) -> Bilingual | None:
        return Bilingual(zh="一号教室", en="Room One") if place == "room-1" else None

    def device_name(self, conn: sa.Connection, school: str, device: str, /) -> Bilingual | None:
        return None

    def class_name(self, conn: sa.Connection, school: str, class_id: str, /) -> Bilingual | None:
        return Bilingual(zh="七年级1班", en="Grade 7 Class 1")


class Play:
    """An alert stage over a real database and a virtual clock, driven by sentences or by hand."""

    def __init__(self, engine: sa.Engine, clock: VirtualClock, rules: RuleSet | None = None) -> None:
        self.engine = engine
        self.clock = clock
        self.roll = Roll()
        self.calendar = Calendar()
        self.register = Register()
        self.rules = rules or load_rules()
        self.clock.move_to(at("07:30"))
        self.restart()

    # -- what happens ----------------------------------------------------------------------------------------------

    def restart(self, rules: RuleSet | None = None) -> None:
        """A new process over the same database."""
        self.rules = rules or self.rules
        self.stage = AlertStage(self.rules, self.roll, Words(), calendar=self.calendar, register=self.register)

    def handle(self, *envelopes: Envelope) -> None:
        """One batch, committed."""
        with db.write(self.engine) as conn:
            self.stage.handle(conn, envelopes, self.clock.now())
        self.stage.committed()

    def handle_and_fail(self, *envelopes: Envelope) -> None:
        """One batch whose transaction fails at the end."""
        try:
            with db.write(self.engine) as conn:
                self.stage.handle(conn, envelopes, self.clock.now())
                raise ConnectionError("the disk is gone")
        except ConnectionError:
            self.stage.rolled_back()

    def tick(self) -> None:
        with db.write(self.engine) as conn:
            self.stage.tick(conn, self.clock.now())
            actions.keep_up(conn, self.clock.now())
        self.stage.committed()

    def until(self, moment: datetime) -> None:
        """Let time pass, ticking as the pipeline does; in strides while the moment is far."""
        while (left := moment - self.clock.now()) > STEP:
            self.clock.advance(STRIDE if left > STRIDE + 4 * STEP else STEP)
            self.tick()
        self.clock.move_to(moment)
        self.tick()

    def envelope(self, device: str, body: Body, *, when: datetime | None = None, late: bool = False) -> Envelope:
        """A message of ``device``; its kind is told by its name, its place is room-1; smoke-7 hangs in room-7."""
        now = self.clock.now()
        name, number = device.split("-", 1)
        place = f"room-{number}" if name == "smoke" else "vr-lab" if number == "vr" else "room-1"
        source = Source(SCHOOL, device, KINDS[name], place)
        event_id = new_id() if isinstance(body, Event) else ""
        return Envelope(source=source, body=body, at=when or now, received=now, late=late, id=event_id)

    def reading(self, device: str, *, when: datetime | None = None, late: bool = False, **values: float) -> Envelope:
        moment = when or self.clock.now()
        readings = Readings((Reading(ts=to_ms(moment), values=dict(values), late=late),))
        return self.envelope(device, readings, when=moment, late=late)

    # -- what is seen ----------------------------------------------------------------------------------------------

    def open(self) -> list[queries.AlarmRow]:
        with db.read(self.engine) as conn:
            return queries.open_alarms(conn, SCHOOL)

    def the(self, rule: str, subject: str) -> queries.AlarmRow:
        """The newest alarm of a rule about a subject."""
        with db.read(self.engine) as conn:
            rows = [row for row in queries.recent(conn, SCHOOL, 500) if (row.rule, row.subject) == (rule, subject)]
        assert rows, f"no alarm of {rule} about {subject} was ever raised"
        return rows[0]

    def detail(self, alarm_id: str) -> queries.AlarmDetail:
        with db.read(self.engine) as conn:
            return queries.alarm(conn, SCHOOL, alarm_id)

    def count(self) -> int:
        with db.read(self.engine) as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(alarms)).scalar_one())

    # -- the language ----------------------------------------------------------------------------------------------

    def run(self, script: str) -> None:
        """Play a scenario line by line."""
        lines = [line.strip() for line in script.splitlines() if line.strip()]
        self.clock.move_to(at(lines[0].split()[0]) - timedelta(minutes=1))  # the program has been up for a minute
        self.tick()
        for line in lines:
            time_, sentence = line.split(maxsplit=1)
            self.until(at(time_))
            self._say(line, sentence)

    def _say(self, line: str, sentence: str) -> None:
        for pattern, act in SENTENCES:
            found = re.fullmatch(pattern, sentence)
            if found:
                try:
                    act(self, *found.groups())
                except AssertionError as error:
                    raise AssertionError(f"{line}\n{error}") from None
                return
        raise ValueError(f"the scenario says {sentence!r}, which nobody understands")


def _reads(play: Play, device: str, metric: str, value: str, late: str | None) -> None:
    play.handle(play.reading(device, late=bool(late), **{metric: float(value)}))


def _reads_until(play: Play, device: str, metric: str, value: str, seconds: str, end: str) -> None:
    while play.clock.now() < at(end):
        _reads(play, device, metric, value, None)
        play.until(min(play.clock.now() + timedelta(seconds=int(seconds)), at(end)))
    _reads(play, device, metric, value, None)


def _event(make: Callable[..., Event]) -> Callable[..., None]:
    def act(play: Play, device: str, *words: str) -> None:
        play.handle(play.envelope(device, make(*words)))

    return act


def _runs(play: Play, device: str, people: str, kind: str) -> None:
    active, number = people != "nobody", 0 if people == "nobody" else int(people)
    which = "dispersal" if kind.endswith("apart") else "running"
    play.handle(play.envelope(device, CameraRunning(kind=which, active=active, people=number, share=0.8, speed=2.4)))


def _bag(play: Play, device: str, what: str) -> None:
    event = CameraObjectLeft(active=what == "left", zone="hall", thing=1, seconds=120.0)
    play.handle(play.envelope(device, event))


def _streams(play: Play, device: str, per_min: str, against: str, active: str) -> None:
    share = int(against) / 100
    kind = "counter_flow" if share >= 0.25 else "over_capacity"
    flow = CameraFlow(
        kind=kind, active=not active, line="stair", per_min=int(per_min), capacity=60, against=share
    )  # fmt: skip
    play.handle(play.envelope(device, flow))


def _told_late(play: Play, device: str, then: str) -> None:
    event = CameraIntrusion(zone="yard", track=1, confidence=0.8)
    play.handle(play.envelope(device, event, when=at(then), late=True))


def _silent(play: Play, device: str) -> None:
    since = play.clock.now() - SILENT_AFTER
    kind = KINDS[device.split("-")[0]]
    play.handle(play.envelope(device, DeviceSilent(device=device, kind=kind, since=since, why="heartbeat too old")))


def _back(play: Play, device: str) -> None:
    kind = KINDS[device.split("-")[0]]
    play.handle(play.envelope(device, DeviceReturned(device=device, kind=kind, silent_from=play.clock.now())))


def _passes(play: Play, student: str, way: str, gate: str, then: str | None = None) -> None:
    direction = "out" if way == "goes out" else "in"
    fact = StudentPassed(student=student, class_id="c-g7-1", direction=direction, gate=gate, late=bool(then))
    play.handle(play.envelope(gate, fact, when=at(then) if then else None, late=bool(then)))


def _leave(play: Play, student: str, start: str, end: str) -> None:
    play.roll.leaves[student] = (at(start), at(end))


def _person(play: Play, does: str, rule: str, subject: str, rest: str) -> None:
    alarm_id, now = play.the(rule, subject).id, play.clock.now()
    with db.write(play.engine) as conn:
        if does == "acknowledges":
            actions.acknowledge(conn, alarm_id, "guard-1", now)
        elif does == "resolves":
            actions.resolve(conn, alarm_id, rest.removeprefix(" as "), "guard-1", now)  # type: ignore[arg-type]
        elif does == "shelves":
            actions.shelve(conn, alarm_id, at(rest.removeprefix(" until ")), "work in the room", "guard-1", now)
        else:
            actions.unshelve(conn, alarm_id, "guard-1", now)


def _day(play: Play, kind: str) -> None:
    play.calendar.day = kind.replace("make-up", "makeup")


def _register(what: str) -> Callable[..., None]:
    def act(play: Play, subject: str, is_: str) -> None:
        known: list[object] = getattr(play.register, what)
        known.clear()
        if is_ not in ("is found", "has been seen", "has been taken", "comes home"):
            known.append(subject if what == "missing" else (subject, "c-g7-1"))

    return act


def _counts(play: Play, camera: str, number: str) -> None:
    play.handle(play.reading(camera, **{"line.gate.in": float(number)}))


def _cards(play: Play, number: str, gate: str) -> None:
    play.handle(*(play.envelope(gate, GatePass(credential=f"{one:032x}")) for one in range(int(number))))


def _number(what: str) -> Callable[[Play, str, str], None]:
    def act(play: Play, number: str, class_id: str) -> None:
        getattr(play.register, what)[class_id] = int(number)

    return act


def _seat(play: Play, lab: str, seat: str, what: str) -> None:
    play.handle(play.envelope(lab, LabSeatTaken(seat=seat) if what == "taken" else LabSeatLeft(seat=seat)))


def _mute(play: Play, what: str, thing: str, kind: str, until: str | None) -> None:
    with db.write(play.engine) as conn:
        mutes.begin(
            conn, SCHOOL, "maintenance" if until else "out_of_service", kind, "facility-1", play.clock.now(),
            until=at(until) if until else None, **{what: thing},
        )  # fmt: skip


def _unmute(play: Play) -> None:
    with db.write(play.engine) as conn:
        for mute in mutes.in_force(conn, SCHOOL, play.clock.now()):
            mutes.end(conn, SCHOOL, mute.id, "facility-1", play.clock.now())


def _assign(play: Play, rule: str, subject: str, to: str) -> None:
    with db.write(play.engine) as conn:
        actions.assign(conn, play.the(rule, subject).id, to, "head", play.clock.now())


def _hand_over(play: Play, giver: str, taker: str) -> None:
    with db.write(play.engine) as conn:
        actions.hand_over(conn, SCHOOL, giver, taker, giver, play.clock.now(), "end of shift")


def _expect_assigned(play: Play, rule: str, subject: str, to: str) -> None:
    assert play.the(rule, subject).assigned_to == to, f"it is {play.the(rule, subject).assigned_to}'s"


def _expect_flapping(play: Play, rule: str, subject: str, is_: str) -> None:
    assert play.the(rule, subject).flapping == (is_ == "to flap")


def _expect_severity(play: Play, rule: str, subject: str, severity: str) -> None:
    assert play.the(rule, subject).severity == severity, f"it is {play.the(rule, subject).severity}"


def _expect_reason(play: Play, rule: str, subject: str, reason: str) -> None:
    assert play.the(rule, subject).reason.en == reason, f"it says {play.the(rule, subject).reason.en!r}"


def _expect(play: Play, rule: str, subject: str, state: str, times: str | None) -> None:
    alarm = play.the(rule, subject)
    assert alarm.state == state.replace(" ", "_"), f"it is {alarm.state}"
    if times:
        assert alarm.times == int(times), f"it was reported {alarm.times} times"


def _expect_nothing(play: Play) -> None:
    found = [(row.rule, row.subject, row.state) for row in play.open()]
    assert not found, f"open are {found}"


def _expect_alarms(play: Play, number: str) -> None:
    assert play.count() == int(number), f"there were {play.count()} alarms"


_D, _T = r"([a-z0-9]+-[a-z0-9]+)", r"(\d\d:\d\d(?::\d\d)?)"
_STATE = "(unacknowledged|acknowledged|returned unacknowledged|shelved|suppressed|out of service|closed)"


def _left_undone(play: Play, work: str, device: str) -> None:
    play.register.overdue.append(OverdueWork(work, "clean the lens", DAY, device, None))


def _done_at_last(play: Play, work: str) -> None:
    play.register.overdue = [one for one in play.register.overdue if one.id != work]


def _roster_import(play: Play, how: Literal["refused", "failed"] | None = None) -> None:
    play.register.roster = RosterTrouble(how, play.clock.now()) if how else None


def _nobody_passes(play: Play, gate: str, expected: str) -> None:
    play.register.silent = [(gate, "room-1", float(expected))]


def _passed_again(play: Play, gate: str) -> None:
    play.register.silent = [one for one in play.register.silent if one[0] != gate]


SENTENCES: Sequence[tuple[str, Callable[..., None]]] = (
    (rf"{_D} is left undone at {_D}", _left_undone),
    (rf"{_D} is done at last", _done_at_last),
    (r"a roster import is (refused|failed)", _roster_import),
    (r"a roster import goes through", _roster_import),
    (rf"nobody passes {_D} where (\d+) are expected", _nobody_passes),
    (rf"somebody passes {_D}", _passed_again),
    (rf"{_D} reads (\w+) ([\d.]+)( late)?", _reads),
    (rf"{_D} reads (\w+) ([\d.]+) every (\d+) s until {_T}", _reads_until),
    (rf"{_D} alarms (\w+)", _event(lambda kind: SensorAlarm(kind=kind, active=True))),
    (rf"{_D} clears (\w+)", _event(lambda kind: SensorAlarm(kind=kind, active=False))),
    (rf"{_D} sees a person in (\w+)", _event(lambda zone: CameraIntrusion(zone=zone, track=1, confidence=0.9))),
    (rf"{_D} tells late that it saw a person at {_T}", _told_late),
    (rf"{_D} is (covered|moved|dark)", _event(lambda kind: CameraTamper(kind=kind, active=True))),
    (rf"{_D} sees somebody fall", _event(lambda: CameraFall(track=1, seconds=10.0))),
    (rf"{_D} sees a bag (left|taken away)", _bag),
    (rf"{_D} sees (\d+|nobody) (run|run apart)", _runs),
    (rf"{_D} counts (\d+) a minute, (\d+) in 100 against them( no longer)?", _streams),
    (rf"{_D} sees again", _event(lambda: CameraTamper(kind="covered", active=False))),
    (rf"{_D} lost (\d+) messages", _event(lambda n: EdgeLoss(dropped=int(n), channel="event", reason="spool full"))),
    (rf"{_D} falls silent", _silent),
    (rf"{_D} returns", _back),
    (rf"{_D} (goes out|comes in) at {_D}", _passes),
    (rf"{_D} (goes out|comes in) at {_D}, told late, at {_T}", _passes),
    (rf"a card is read at {_D}", lambda play, gate: play.handle(play.envelope(gate, GatePass(credential="0" * 32)))),
    (rf"{_D} has leave from {_T} to {_T}", _leave),
    (r"the guard (acknowledges|resolves|shelves|unshelves) (\S+) of (\S+)( as \w+| until \S+|)", _person),
    (r"the program restarts", lambda play: play.restart()),
    (rf"maintenance of the (device|place|rule) (\S+) for (\w+) until {_T}", _mute),
    (r"the (device|place|rule) (\S+) is taken out of service for (\w+)()", _mute),
    (r"all mutes are ended", _unmute),
    (r"(?:the head) assigns (\S+) of (\S+) to (\S+)", _assign),
    (r"(\S+) hands over to (\S+)", _hand_over),
    (r"expect (\S+) of (\S+) to be with (\S+)", _expect_assigned),
    (r"expect (\S+) of (\S+) (to flap|to be steady)", _expect_flapping),
    (r"(\S+) (is absent and inside|is found)", _register("absent")),
    (r"(\S+) (is marked present and outside|has been seen)", _register("present")),
    (r"the boarder (\S+) (is not in|comes home)", _register("boarders")),
    (rf"{_D} has counted (\d+) people in", _counts),
    (rf"(\d+) cards are read at {_D}", _cards),
    (r"the roll of (\S+) (is missing|has been taken)", _register("missing")),
    (r"(\d+) students of (\S+) are inside", _number("inside")),
    (r"(\d+) students of (\S+) are ill", _number("ill")),
    (rf"at {_D} the seat (\w+) is (taken|left)", _seat),
    (r"the day is an? (school|make-up|exam|holiday)(?: day)?", _day),
    (r"expect (\S+) of (\S+) to be (info|warning|major|critical)", _expect_severity),
    (r'expect (\S+) of (\S+) because "(.*)"', _expect_reason),
    (r"nothing happens", lambda play: None),
    (rf"expect (\S+) of (\S+) {_STATE}(?:, reported (\d+) times)?", _expect),
    (r"expect nothing open", _expect_nothing),
    (r"expect (\d+) alarms? in all", _expect_alarms),
)
