"""Rules that join what devices say with timetable, calendar, roll and leave."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from alerts.rules.rule import RuleBase, Seconds
from campus.events import EVENTS, MetricName


class LeftInSchoolHoursRule(
    RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="left_in_school_hours"
):
    """A student went out through a gate in school hours and no approved leave covers it.

    Joins gate passes, bell times, calendar and leave. Returns when the student comes back in, when leave is recorded
    afterwards, or when school is out.
    """

    for_s: Annotated[
        Seconds, Meta(description="Seconds the student may be out before the alarm; 0: at the pass itself.")
    ] = 0


class AbsentInsideRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="absent_inside"):
    """A student came in at the gate and is marked absent in what is going on now: somewhere on the site, and not there.

    Joins gate passes and the roll, once a minute. Returns when the mark changes, the student leaves, or it is over.
    """

    for_s: Annotated[Seconds, Meta(description="Seconds it must last: a late student is on the way.")] = 600


class PresentOutsideRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="present_outside"):
    """A person marked a student present, and by the gates the student went out or never came in.

    Joins the roll and gate passes, once a minute. A student whose whereabouts are unknown, as behind a gate that is
    down, is not meant.
    """

    for_s: Annotated[Seconds, Meta(description="Seconds it must last.")] = 300


class NotCheckedOutRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="not_checked_out"):
    """Students of a class are still inside some time after dismissal. One alarm for a class, with the number.

    Joins gate passes and bells, once a minute. Returns when fewer than ``students`` are left or the day is over.
    """

    after_s: Annotated[Seconds, Meta(description="Seconds after dismissal.")] = 5400
    students: Annotated[int, Meta(ge=1, description="How many make an alarm.")] = 1


class RollMissingRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="roll_missing"):
    """Nobody has taken a roll, and no gate has filled it in, some time after it was due. One alarm for a class."""

    after_s: Annotated[Seconds, Meta(description="Seconds after the last minute that is in time.")] = 900


class IllnessClusterRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="illness_cluster"):
    """Several students of one class are on sick leave within some days."""

    students: Annotated[int, Meta(ge=2, le=100, description="How many make an alarm.")] = 5
    days: Annotated[int, Meta(ge=1, le=30, description="Within so many days.")] = 3


class HeadCountRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="head_count"):
    """A counter sees far more, or far fewer, people in a place than timetable and leave expect.

    Compared once a minute with the newest count, which may be a minute and a half old. A count within the error
    ``band`` of the limit says nothing; a counter that tells its own (``people.band``) is believed when it is wider.
    Where no lesson is held, nobody is expected and the rule is silent.
    """

    metric: Annotated[MetricName, Meta(description="The count, as the counter calls it.")] = "people"
    more_than: Annotated[
        Annotated[float, Meta(ge=1)] | None, Meta(description="More than so many times the expected number.")
    ] = None
    fewer_than: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="Fewer than so many times the expected number.")
    ] = None
    band: Annotated[int, Meta(ge=0, description="How many the counter may err.")] = 5
    for_s: Annotated[Seconds, Meta(description="Seconds it must last.")] = 600

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.more_than is None) == (self.fewer_than is None):
            raise ValueError("a head count rule has either `more_than` or `fewer_than`")

    def beyond(self, counted: float, expected: int, band: float = 0.0) -> bool:
        """Whether the count is beyond the limit by more than the error band; ``band`` is what the counter tells."""
        wide = max(self.band, band)
        if self.more_than is not None:
            return counted - wide > expected * self.more_than
        return counted + wide < expected * (self.fewer_than or 0)


class PassbackRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="passback"):
    """A card went the same way twice in a short time: it was handed back over the fence. Returns after ``within_s``."""

    within_s: Annotated[float, Meta(gt=0, le=86_400, description="Seconds between the two passes.")] = 300


class ImpossibleTravelRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="impossible_travel"):
    """A card was read at two gates faster than anyone walks: there are two of it. Returns after an hour."""

    within_s: Annotated[float, Meta(gt=0, le=3600, description="Seconds a student needs between two gates.")] = 30


class TailgatingRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tailgating"):
    """More people walked through a gate, by a camera's line, than cards were read there: they followed somebody.

    Joins the line counter of a camera and the readers of the same place, whoever the cards belong to. Looked at once a
    minute, a minute late, so that both have told. Returns when the window holds fewer. Where a gate is silent its cards
    are unknown: name the rule for silent gates in ``suppressed_by``.
    """

    metric: Annotated[MetricName, Meta(description="The camera's growing count at its line, like line.gate.in.")]
    people: Annotated[int, Meta(ge=1, description="So many more people than cards make an alarm.")] = 3
    within_s: Annotated[float, Meta(ge=60, le=3600, description="The window, in seconds.")] = 300


class GateSilentInRushRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="gate_silent_in_rush"):
    """A gate is up and lets nobody pass while students arrive, where on other mornings it did and other gates do now.

    Joins presence, passes and bells, once a minute during arrival. What is expected is the median of its last school
    days at this time, times how busy the other gates are; none at all must be as good as impossible. Returns at the
    next pass, or when arrival is over. A gate that is offline has its own alarm.
    """

    within_s: Annotated[float, Meta(ge=120, le=3600, description="The window without a pass, in seconds.")] = 600


class RosterTroubleRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="roster_trouble"):
    """The roster does not keep up: the last import was refused or failed, or none has gone through for too long.

    Joins the record of roster imports, once a minute. Returns when an import goes through. A school that never
    imported by itself (no import in the record) is not meant.
    """

    stale_days: Annotated[
        int, Meta(ge=0, le=400, description="Days without an import that went through; 0: no matter how many.")
    ] = 0


class WorkOverdueRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="work_overdue"):
    """A planned check or a ticket is past its due day, and nobody has done it: one alarm for each.

    Joins the tickets and planned checks of the devices, once a minute. Returns when it is done, put off or given up.
    """

    after_days: Annotated[int, Meta(ge=0, le=365, description="Days after it was due.")] = 1


class BoarderCurfewRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="boarder_curfew"):
    """A boarder is not in the dormitory some time after the night check was due, and no leave covers it.

    Joins the doors of the dormitory, the night check, leave and the gates, once a minute, until six hours after
    midnight. Returns when a door or a gate sees the student come in, or the mark is put right. Behind a door that is
    down a boarder is unknown, and that is not meant.
    """

    after_s: Annotated[Seconds, Meta(description="Seconds after the last minute that is in time.")] = 900


class LabSessionRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lab_session"):
    """A headset session at a seat of a VR lab lasts too long, or is held without a lesson.

    Joins seats and timetable. Returns when the seat is left.
    """

    without_lesson: Annotated[bool, Meta(description="Only sessions that begin where no lesson is held.")] = False
    for_s: Annotated[Seconds, Meta(description="Seconds a session may last.")] = 0


class PatrolsRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="patrols"):
    """A patrol point was not visited in one of the rounds of the day: one alarm for a point.

    ``hours`` are divided into ``rounds`` of the same length, and each wants a visit; many visits in one round are one
    visit. Looked at once a minute; a visit that comes late returns the alarm, and so does the end of the hours. Visits
    survive a restart; a round that began before the rule was in force is not asked for.
    """

    points: Annotated[tuple[str, ...], Meta(min_length=1, max_length=200, description="Ids of the readers to visit.")]
    rounds: Annotated[int, Meta(ge=1, le=96, description="How often each point is to be visited.")] = 5
    hours: Annotated[
        str,
        Meta(
            pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
            description="Local time in which the rounds are made, like 22:00-06:00; one time twice: a whole day.",
        ),
    ] = "06:00-06:00"
    after_s: Annotated[Seconds, Meta(description="Seconds after the end of a round until the alarm.")] = 600
    event: Annotated[str, Meta(description="The event that is a visit.")] = "gate.pass"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.event not in EVENTS:
            raise ValueError(f"there is no event {self.event!r}; known are {', '.join(sorted(EVENTS))}")
        if self.minutes < self.rounds:
            raise ValueError(f"{self.rounds} rounds do not fit into {self.hours}")

    @property
    def begin(self) -> int:
        """Minutes after midnight at which the first round begins."""
        return int(self.hours[:2]) * 60 + int(self.hours[3:5])

    @property
    def minutes(self) -> int:
        """How long the hours are, in minutes."""
        end = int(self.hours[6:8]) * 60 + int(self.hours[9:])
        return (end - self.begin) % 1440 or 1440
