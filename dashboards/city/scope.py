"""Which schools an account may see: its own, those of its district, or all of the city."""

from __future__ import annotations

import sqlalchemy as sa

from campus.errors import NotFound
from dashboards.access.accounts import Account
from dashboards.city.tables import city_schools


def sees_city(account: Account) -> bool:
    """Whether the account sees more than its own school."""
    return "city.read" in account.rights


def schools_of(conn: sa.Connection, account: Account) -> frozenset[str]:
    """The ids of every school that an account may see; one limited to a district does not see even its console's
    school when that lies elsewhere.
    """
    if not sees_city(account):
        return frozenset({account.school})
    query = sa.select(city_schools.c.school)
    if account.district is not None:
        return frozenset(conn.execute(query.where(city_schools.c.district == account.district)).scalars())
    return frozenset(conn.execute(query).scalars()) | {account.school}


def school_of(conn: sa.Connection, account: Account, asked: str = "") -> str:
    """The school asked for, or the account's own one; raises `NotFound` for a school that the account may not see."""
    school = asked or account.school
    if school == account.school and account.district is None:
        return school
    if not sees_city(account):
        raise NotFound(f"there is no school {school!r}")
    query = sa.select(city_schools.c.school).where(city_schools.c.school == school)
    if account.district is not None:
        query = query.where(city_schools.c.district == account.district)
    if conn.execute(query).first() is None:
        raise NotFound(f"there is no school {school!r}")
    return school
