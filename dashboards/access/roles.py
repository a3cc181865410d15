"""Roles and what each may see and do; a table, so that it can be read and tested whole."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["guard", "teacher", "office", "doctor", "facility", "head", "bureau", "admin", "integrator"]
Right = Literal[
    "alarms.read",
    "alarms.act",
    "site.read",
    "roll.read",  # own classes only, see `people.own_class`
    "roll.correct",
    "roll.override",  # correct a roll that is locked to its teachers
    "roll.every",  # every class of the school is one's own
    "leave.read",
    "leave.decide",
    "guardians.read",  # own classes only: who is told what, and what was sent
    "guardians.edit",
    "illness.follow",  # follow-ups of the illness watch: symptoms and names
    "devices.read",
    "devices.control",  # configure and command agents
    "devices.trust",  # enrol, revoke, adopt
    "devices.maintain",  # set a device aside for a while
    "series.read",
    "muster.read",  # own classes only for a teacher
    "muster.lead",  # begin and end an incident
    "overview.read",  # numbers only, no student
    "city.read",  # the districts and schools of the city, in numbers
    "city.import",  # replace its map
    "platform.read",
    "accounts.manage",
    "rules.change",  # put alarm rules and routes in force for the whole platform
    "roster.import",  # see and take what a roster changes
    "plan.draw",  # drawings, and where devices stand on the plan
]
# An integrator is a program with a token: it has no rights but those of its token, and nobody signs in as one.
ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role != "integrator")
EVERY_RIGHT: tuple[Right, ...] = get_args(Right)

RIGHTS: dict[Role, frozenset[Right]] = {
    "guard": frozenset(
        {
            "alarms.read",
            "alarms.act",
            "site.read",
            "muster.read",
            "muster.lead",
            "devices.read",
            "devices.maintain",
            "series.read",
        }
    ),
    "teacher": frozenset({"roll.read", "roll.correct", "leave.read", "leave.decide", "guardians.read", "muster.read"}),
    "office": frozenset(
        {
            "roll.read",
            "roll.correct",
            "roll.override",
            "roll.every",
            "leave.read",
            "leave.decide",
            "guardians.read",
            "guardians.edit",
            "overview.read",
            "site.read",
        }
    ),
    "doctor": frozenset({"illness.follow"}),
    "facility": frozenset(
        {"plan.draw", "devices.read", "devices.trust", "devices.control", "devices.maintain", "series.read"}
    ),
    "head": frozenset({"overview.read"}),
    "bureau": frozenset({"overview.read", "city.read"}),
    "admin": frozenset(
        {
            "overview.read",
            "devices.read",
            "devices.control",
            "devices.trust",
            "devices.maintain",
            "series.read",
            "platform.read",
            "accounts.manage",
            "rules.change",
            "roster.import",
            "city.import",
            "plan.draw",
        }
    ),
    "integrator": frozenset(),
}

# The pages of the menu in their order, each with the right that opens it.
PAGES: tuple[tuple[str, Right], ...] = (
    ("console", "alarms.read"),
    ("load", "alarms.read"),
    ("roll", "roll.read"),
    ("leave", "leave.read"),
    ("guardians", "guardians.read"),
    ("warnings", "roll.read"),
    ("illness", "illness.follow"),
    ("muster", "muster.read"),
    ("on-site", "site.read"),
    ("overview", "overview.read"),
    ("devices", "devices.read"),
    ("maintenance", "devices.read"),
    ("firmware", "devices.control"),
    ("roll-outs", "devices.control"),
    ("coverage", "devices.read"),
    ("plan", "plan.draw"),
    ("enrolment", "devices.trust"),
    ("roster", "roster.import"),
    ("rules", "rules.change"),
    ("telling", "platform.read"),
    ("admin", "platform.read"),
)
HOME: dict[Role, str] = {
    "guard": "console",
    "teacher": "roll",
    "office": "leave",
    "doctor": "illness",
    "facility": "devices",
    "head": "overview",
    "bureau": "overview",
    "admin": "admin",
    "integrator": "",
}


def may(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]


def pages_of(role: Role) -> list[str]:
    """The pages a role can open, its own first page first."""
    allowed = [page for page, right in PAGES if may(role, right)]
    return sorted(allowed, key=lambda page: page != HOME[role])
