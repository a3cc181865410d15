"""Who is told of an alarm, over which endpoints, and what follows while nobody acknowledges: a tree and its plans."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from alerts.rules.rule import DeviceKind, RuleId, Schedule, Severity

# guard: on post at the place now; lesson_teacher: teaches in the room, or the class, now; class_teacher: of the class;
# facility and head: everybody with that role.
Who = Literal["guard", "lesson_teacher", "class_teacher", "facility", "head"]
Wait = Annotated[float, Meta(ge=0, le=86_400)]


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level of escalation: after so long without an acknowledge these people are told over these endpoints."""

    after_s: Annotated[Wait, Meta(description="Seconds after the alarm was raised; the first level has 0.")] = 0
    to: Annotated[tuple[Who, ...], Meta(description="Who is asked to deal with it.")] = ()
    by: Annotated[tuple[str, ...], Meta(description="Names of endpoints; empty: every one, by its severity.")] = ()


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node of the tree: the first child that fits takes the alarm, or the node itself. Every key given must fit."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="What the route is called in the log.")]
    schools: Annotated[tuple[str, ...], Meta(description="Ids of schools; empty: every school.")] = ()
    places: Annotated[tuple[str, ...], Meta(description="Ids of places; empty: every place.")] = ()
    severities: Annotated[tuple[Severity, ...], Meta(description="Severities; empty: every one.")] = ()
    rules: Annotated[tuple[RuleId, ...], Meta(description="Ids of rules; empty: every rule.")] = ()
    devices: Annotated[tuple[DeviceKind, ...], Meta(description="Kinds of device; empty: every kind.")] = ()
    when: Annotated[
        Schedule | None, Meta(description="At these times only: `days`, `parts` or `hours`, as in a rule.")
    ] = None
    levels: Annotated[tuple[Level, ...], Meta(description="Whom to tell, level by level; empty: as the parent.")] = ()
    remind_every_s: Annotated[
        Annotated[float, Meta(ge=30, le=86_400)] | None, Meta(description="Remind while nobody acknowledges.")
    ] = None
    remind_times: Annotated[int, Meta(ge=1, le=100, description="At most so many reminders.")] = 5
    routes: Annotated[tuple[Route, ...], Meta(description="Routes below; the first that fits takes the alarm.")] = ()

    def __post_init__(self) -> None:
        waits = [level.after_s for level in self.levels]
        if waits and (waits[0] != 0 or waits != sorted(set(waits))):
            raise ValueError("the first level has `after_s: 0`, every other one a longer wait than the one before")


class Routes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A routes file: the root of the tree, and which endpoint stands in for one that fails."""

    root: Annotated[Route, Meta(description="The route that every alarm fits.")]
    stand_ins: Annotated[
        dict[str, str], Meta(description="endpoint: the one that takes over what it could not deliver.")
    ] = msgspec.field(default_factory=dict)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What routing looks at; ``day``, ``parts`` and ``minute`` are the moment by the school's calendar."""

    school: str
    place: str | None
    severity: Severity
    rule: str
    device_kind: str
    day: str
    parts: frozenset[str]
    minute: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a route asks for; ``route`` is the path of names that led there: the reason."""

    route: str
    levels: tuple[Level, ...]
    remind_every_s: float | None
    remind_times: int

    def level(self, number: int) -> Level:
        """The level of this number, or the last one: an alarm may be further than its route by now has levels."""
        return self.levels[min(number, len(self.levels) - 1)]


# Without a routes file: every endpoint by its own severity, nobody in particular, nothing follows.
EVERYONE = Routes(root=Route(name="everyone", levels=(Level(),)))


def plan(routes: Routes, facts: Facts) -> Plan:
    """The plan of the deepest route that fits. What a route leaves out it has from its parent."""
    return _descend(routes.root, facts, Plan(route="", levels=(Level(),), remind_every_s=None, remind_times=5))


def inherit(route: Route, above: Plan) -> Plan:
    """The plan of ``route`` below one with the plan ``above``."""
    return Plan(
        route=f"{above.route}/{route.name}" if above.route else route.name,
        levels=route.levels or above.levels,
        remind_every_s=route.remind_every_s or above.remind_every_s,
        remind_times=route.remind_times if route.remind_every_s else above.remind_times,
    )


def _descend(route: Route, facts: Facts, above: Plan) -> Plan:
    mine = inherit(route, above)
    for child in route.routes:
        if _fits(child, facts):
            return _descend(child, facts, mine)
    return mine


def _fits(route: Route, facts: Facts) -> bool:
    wanted = (
        (route.schools, facts.school), (route.places, facts.place), (route.severities, facts.severity),
        (route.rules, facts.rule), (route.devices, facts.device_kind),
    )  # fmt: skip
    if any(names and value not in names for names, value in wanted):
        return False
    return route.when is None or route.when.fits(facts.day, facts.parts, facts.minute)
