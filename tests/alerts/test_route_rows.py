"""The table of routes says what `plan` does, its gaps are told, and a forecast is what the worker then does."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.rule import SEVERITIES, Severity
from alerts.telling.forecast import forecast
from alerts.telling.route_rows import RouteRow, gaps, rows
from alerts.telling.routefile import read_routes
from alerts.telling.routes import Facts, Route, Routes, Who, plan

ENDPOINTS: dict[str, Severity] = {"group": "warning", "sms": "critical"}
EVERYBODY: tuple[Who, ...] = get_args(Who)
NIGHT = """
root:
  name: school
  levels: [{to: [guard], by: [group]}]
  routes:
    - name: life
      severities: [critical]
      levels: [{to: [guard], by: [group]}, {after_s: 120, to: [head], by: [sms]}]
      remind_every_s: 60
      remind_times: 3
      routes: [{name: kitchen, places: [kitchen]}]
    - {name: night, when: {hours: "22:00-06:00"}, levels: [{to: [facility], by: [sms]}]}
"""


def facts(minute: int, severity: Severity = "warning", place: str = "kitchen") -> Facts:
    return Facts(
        school="s", place=place, severity=severity, rule="smoke", device_kind="sensor", day="school",
        parts=frozenset(), minute=minute,
    )  # fmt: skip


def fits(row: RouteRow, about: Facts) -> bool:
    """Whether a row takes an alarm, read as a person reads it."""
    wanted = (
        (row.schools, about.school), (row.places, about.place), (row.severities, about.severity),
        (row.rules, about.rule), (row.devices, about.device_kind),
    )  # fmt: skip
    return all(not some or one in some for some, one in wanted) and all(
        when.fits(about.day, about.parts, about.minute) for when in row.when
    )


def test_the_rows_stand_in_the_order_in_which_they_take_alarms() -> None:
    found = rows(read_routes(NIGHT, "draft"))
    assert [(row.route, row.lands) for row in found] == [
        ("school/life/kitchen", ("critical",)),
        ("school/life", ("critical",)),
        ("school/night", ("info", "warning", "major")),
        ("school", ("info", "warning", "major")),
    ]
    assert [row.levels_of for row in found] == ["school/life", "school/life", "school/night", "school"]


some = st.sampled_from
TREES = st.recursive(
    st.builds(
        Route,
        name=some(["a", "b"]),
        severities=st.lists(some(SEVERITIES), max_size=2).map(tuple),
        places=st.lists(some(["kitchen", "hall"]), max_size=1).map(tuple),
    ),
    lambda below: st.builds(
        Route,
        name=some(["c", "d"]),
        severities=st.lists(some(SEVERITIES), max_size=2).map(tuple),
        places=st.lists(some(["kitchen", "hall"]), max_size=1).map(tuple),
        routes=st.lists(below, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


@given(TREES, some(SEVERITIES), some(["kitchen", "hall", "yard"]))
def test_the_first_row_that_fits_is_the_route_the_plan_takes(tree: Route, severity: Severity, place: str) -> None:
    routes = Routes(root=Route(name="root", routes=(tree,)))
    about = facts(600, severity, place)
    first = next(row for row in rows(routes) if row.lands and fits(row, about))
    asked = plan(routes, about)
    assert (first.route, first.levels) == (asked.route, asked.levels)
    assert severity in first.lands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{name: a, levels: [{to: [guard], by: [group]}]}", []),
        ("{name: a}", [("nobody", "a", ("info",))]),
        ("{name: a, levels: [{to: [guard]}, {after_s: 60, by: [sms]}]}", [("ends", "a", 1)]),
        ("{name: a, levels: [{to: [facility], by: [group]}]}", [("no_person", "a", "facility")]),
        ("{name: a, levels: [{to: [guard], by: [old, group]}]}", [("no_endpoint", "a", "old")]),
        (
            "{name: a, levels: [{to: [guard], by: [sms]}], routes: [{name: b, severities: [info]},"
            " {name: c, severities: [info]}]}",
            [("never", "a/c")],
        ),
    ],
)
def test_what_is_wrong_with_the_routes_is_told(text: str, said: list[tuple[object, ...]]) -> None:
    people = [who for who in EVERYBODY if who != "facility"]
    found = gaps(read_routes(f"root: {text}", "draft"), ENDPOINTS, people)
    told = []
    for one in found:
        more = {"nobody": one.severities, "ends": one.level, "no_person": one.what, "no_endpoint": one.what}
        told.append((one.kind, one.route, *([more[one.kind]] if one.kind in more else [])))
    assert told == said


def test_without_guards_and_head_an_escalation_to_an_empty_role_ends_with_nobody() -> None:
    text = "root: {name: a, levels: [{to: [guard], by: [sms]}, {after_s: 9, to: [facility], by: [sms]}]}"
    routes = read_routes(text, "draft")
    assert "ends" not in {one.kind for one in gaps(routes, ENDPOINTS, ["guard"])}
    assert "ends" in {one.kind for one in gaps(routes, ENDPOINTS, ["class_teacher"])}


def test_an_endpoint_of_the_stand_ins_that_is_not_there_is_told() -> None:
    routes = read_routes("root: {name: a, levels: [{to: [guard], by: [sms]}]}\nstand_ins: {sms: fax}", "draft")
    assert [(one.kind, one.what) for one in gaps(routes, ENDPOINTS, EVERYBODY)] == [("no_endpoint", "fax")]


def test_a_forecast_names_each_step_with_its_own_moment() -> None:
    """An alarm of 21:59:30 goes on in the night, whose route names others."""
    routes = read_routes(NIGHT, "draft")
    steps = forecast(routes, lambda after_s: facts(600, "critical"), ENDPOINTS)
    assert [(one.after_s, one.action, one.level, one.by) for one in steps] == [
        (0, "raise", 0, ("group",)),
        (60, "remind", 0, ("group",)),
        (120, "escalate", 1, ("sms",)),
        (120, "remind", 1, ("group", "sms")),
        (180, "remind", 1, ("group", "sms")),
    ]
    late = msgspec.structs.replace(routes.root, levels=routes.root.routes[0].levels, routes=routes.root.routes[1:])
    steps = forecast(Routes(root=late), lambda after_s: facts(1319 + int(after_s) // 60), ENDPOINTS)
    assert [(one.route, one.to) for one in steps] == [("school", ("guard",)), ("school/night", ("facility",))]
