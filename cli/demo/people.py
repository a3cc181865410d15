"""The demo's people: an account for each role, with a random password that is made once and kept in a file."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from cli.commands.init import write_secret
from dashboards.access.accounts import all_accounts, create_account
from dashboards.access.roles import Role
from simulator.school.values import SimulatedSchool

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


class DemoAccount(msgspec.Struct, frozen=True):
    """One account of the demo and what it shows."""

    login: str
    role: Role
    name: str
    password: str
    shows: str


PEOPLE: tuple[tuple[str, Role, str, str], ...] = (
    ("guard", "guard", "陈卫国 (保安)", "security guard: what is wrong now, where, what to do"),
    ("teacher", "teacher", "班主任", "class teacher: the roll that fills itself in"),
    ("facility", "facility", "林工 (设备)", "facility manager: which device needs a person"),
    ("bureau", "bureau", "教育局", "education bureau: the school, or with --city the city, at one look"),
    ("admin", "admin", "管理员", "administrator: accounts, dead letters, platform health"),
)

# With a city: a head who sees the own school, and somebody of the bureau who sees one district.
CITY_PEOPLE: tuple[tuple[str, Role, str, str], ...] = (
    ("head", "head", "沈校长", "head of school: the own school in numbers"),
    ("harbour", "bureau", "港湾区教育科", "education bureau, limited to the district Harbour"),
)
DISTRICT_LOGINS = frozenset({"harbour"})  # each the id of its district


def make_accounts(
    conn: sa.Connection, school: str, grown: SimulatedSchool, file: Path, *, city: bool
) -> tuple[DemoAccount, ...]:
    """The demo's people; passwords are random, made once, and kept in ``file`` (mode 600)."""
    known = _read_accounts(file)
    existing = {account.login for account in all_accounts(conn, school)}
    first_class = grown.classes[0]
    made = []
    for login, role, name, shows in (*PEOPLE, *(CITY_PEOPLE if city else ())):
        account = known.get(login) or DemoAccount(login, role, name, _password(), shows)
        if login not in existing:
            teacher = first_class.teacher if role == "teacher" else ""
            district = login if login in DISTRICT_LOGINS else None
            create_account(
                conn, school, login, name, role, account.password, datetime.now(UTC), teacher=teacher, district=district
            )
        made.append(account)
    write_secret(file, "\n".join(f"{one.login}\t{one.password}\t{one.role}\t{one.name}\t{one.shows}" for one in made))
    return tuple(made)


def _read_accounts(file: Path) -> dict[str, DemoAccount]:
    if not file.exists():
        return {}
    shows = {login: (role, name, text) for login, role, name, text in (*PEOPLE, *CITY_PEOPLE)}
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line]
    return {
        row[0]: DemoAccount(row[0], shows[row[0]][0], shows[row[0]][1], row[1], shows[row[0]][2])
        for row in rows
        if row[0] in shows
    }


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
