"""Routes as a table a person can read: the first row that fits takes the alarm; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.rules.rule import SEVERITIES, Schedule, Severity
from alerts.telling.duty import People
from alerts.telling.routes import Level, Plan, Route, Routes, Who, inherit
from alerts.telling.routing import endpoints_of

Key = Literal["schools", "places", "severities", "rules", "devices"]
_KEYS: tuple[Key, ...] = ("schools", "places", "severities", "rules", "devices")


class RouteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A route with everything that must fit on the way to it, and its plan. An empty condition fits every alarm.

    ``lands``: the severities that no row above takes whole. ``levels_of``: the route that its levels stand in.
    """

    route: str
    schools: tuple[str, ...]
    places: tuple[str, ...]
    severities: tuple[str, ...]
    rules: tuple[str, ...]
    devices: tuple[str, ...]
    when: tuple[Schedule, ...]
    lands: tuple[Severity, ...]
    inner: bool  # there are routes below it
    levels: tuple[Level, ...]
    levels_of: str
    remind_every_s: float | None
    remind_times: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong that does not make the text wrong. ``what`` is a role or an endpoint; ``level`` counts from 0.

    never: no alarm takes this route, which has none below it. nobody: these severities go over no endpoint at all.
    no_endpoint: the settings do not have it. no_person: nobody has this role. ends: the last level asks nobody or goes
    over no endpoint.
    """

    kind: Literal["never", "nobody", "no_endpoint", "no_person", "ends"]
    route: str
    level: int = 0
    what: str = ""
    severities: tuple[Severity, ...] = ()

    def sentence(self) -> str:
        """What is wrong, for whoever keeps the machine."""
        level = f"level {self.level + 1} of {self.route!r}"
        match self.kind:
            case "never":
                return f"no alarm takes the route {self.route!r}"
            case "nobody":
                return f"{', '.join(self.severities)} alarms on the route {self.route!r} go over no endpoint"
            case "no_endpoint":
                return f"{level if self.route else 'stand_ins'} names {self.what!r}, which is no endpoint"
            case "no_person":
                return f"{level} asks {self.what!r}, which nobody is"
            case "ends":
                return f"{level}, the last one, reaches nobody"


def rows(routes: Routes) -> list[RouteRow]:
    """The table: routes below a route stand before it, so that the first row that fits is the one `plan` takes."""
    found: list[RouteRow] = []
    for row in _rows(routes.root, Plan(route="", levels=(Level(),), remind_every_s=None, remind_times=5), {}, (), ""):
        taken = {severity for above in found if _covers(above, row) for severity in above.lands}
        lands = tuple(one for one in row.lands if one not in taken)
        found.append(msgspec.structs.replace(row, lands=lands))
    return found


def gaps(routes: Routes, endpoints: Mapping[str, Severity], staffed: Collection[Who]) -> list[Gap]:
    """What a person should look at, in the order of the table. ``staffed`` are the roles that somebody has."""
    table = rows(routes)
    found = [gap for row in table if row.lands for gap in _gaps(row, endpoints, staffed)]
    found += [Gap(kind="never", route=row.route) for row in table if not (row.lands or row.inner)]
    names = sorted(set(routes.stand_ins) | set(routes.stand_ins.values()))
    found += [Gap(kind="no_endpoint", route="", what=name) for name in names if name not in endpoints]
    return list(dict.fromkeys(found))  # levels that several routes have are told once


def staffed(conn: sa.Connection, people: People, school: str) -> set[Who]:
    """The roles of a school that somebody has; who teaches is known only when there is an alarm."""
    roles: tuple[Who, ...] = ("guard", "facility", "head")
    return {"lesson_teacher", "class_teacher", *(who for who in roles if people.with_role(conn, school, who))}


def _rows(
    route: Route, above: Plan, fits: dict[Key, tuple[str, ...] | None], when: tuple[Schedule, ...], levels_of: str
) -> Iterator[RouteRow]:
    """``fits`` holds the values left of each condition; None: none is left, so that nothing fits."""
    mine = inherit(route, above)
    left = {key: _both(fits.get(key, ()), getattr(route, key)) for key in _KEYS}
    times = (*when, route.when) if route.when else when
    owner = mine.route if route.levels or not above.route else levels_of
    for child in route.routes:
        yield from _rows(child, mine, left, times, owner)
    possible = None not in left.values()
    conditions = {key: values or () for key, values in left.items()}
    yield RouteRow(
        route=mine.route, schools=conditions["schools"], places=conditions["places"],
        severities=conditions["severities"], rules=conditions["rules"], devices=conditions["devices"], when=times,
        lands=tuple(one for one in SEVERITIES if possible and one in (conditions["severities"] or SEVERITIES)),
        inner=bool(route.routes), levels=mine.levels, levels_of=owner, remind_every_s=mine.remind_every_s,
        remind_times=mine.remind_times,
    )  # fmt: skip


def _both(above: tuple[str, ...] | None, own: tuple[str, ...]) -> tuple[str, ...] | None:
    if above is None or not own:
        return above
    return tuple(one for one in own if not above or one in above) or None


def _covers(above: RouteRow, row: RouteRow) -> bool:
    """Whether all that fits ``row``, severity apart, fits ``above``, too."""
    for key in _KEYS:
        wide, narrow = getattr(above, key), getattr(row, key)
        if key != "severities" and wide and not (narrow and set(narrow) <= set(wide)):
            return False
    return set(above.when) <= set(row.when)


def _gaps(row: RouteRow, endpoints: Mapping[str, Severity], staffed: Collection[Who]) -> Iterator[Gap]:
    asked = Plan(route=row.route, levels=row.levels, remind_every_s=None, remind_times=0)
    reached = [
        {one for one in row.lands if endpoints_of(asked, number, "raise", one, endpoints)}
        for number in range(len(row.levels))
    ]
    silent = tuple(one for one in row.lands if not any(one in some for some in reached))
    if silent:
        yield Gap(kind="nobody", route=row.route, severities=silent)
    for number, level in enumerate(row.levels):
        for name in level.by:
            if name not in endpoints:
                yield Gap(kind="no_endpoint", route=row.levels_of, level=number, what=name)
        for who in level.to:
            if who not in staffed:
                yield Gap(kind="no_person", route=row.levels_of, level=number, what=who)
    last = row.levels[-1]
    if len(row.levels) > 1 and (not _asks(last, staffed) or not reached[-1]):
        yield Gap(kind="ends", route=row.levels_of, level=len(row.levels) - 1)


def _asks(level: Level, staffed: Collection[Who]) -> bool:
    """Whether somebody is asked: when nobody has the roles, guards are, and then the head."""
    return bool(level.to) and any(who in staffed for who in (*level.to, "guard", "head"))
