"""The city in the database: taken from a file as a whole, read back for the map."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.tables import schools as rosters
from campus import db
from dashboards.city.geojson import City, District, Polygon
from dashboards.city.tables import city_districts, city_schools
from dashboards.tables import accounts

_outline = msgspec.json.Decoder(tuple[Polygon, ...])


class CityChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an import changes; each is the ids in order."""

    districts: int
    schools: int
    new_districts: tuple[str, ...]
    gone_districts: tuple[str, ...]
    new_schools: tuple[str, ...]
    gone_schools: tuple[str, ...]
    moved_schools: tuple[str, ...]  # to another district
    without_roster: tuple[str, ...]  # schools of which this database has no roster yet
    blind_accounts: tuple[str, ...]  # logins limited to a district that is gone: they will see no school

    def lines(self) -> list[str]:
        """The change in words, a line each."""
        told = [f"{self.districts} districts and {self.schools} schools"]
        for what, ids in (
            ("new districts", self.new_districts),
            ("districts that are gone", self.gone_districts),
            ("new schools", self.new_schools),
            ("schools that are gone", self.gone_schools),
            ("schools in another district than before", self.moved_schools),
            ("schools without a roster in this database; check properties.school", self.without_roster),
            ("accounts limited to a district that is gone, which will see no school", self.blind_accounts),
        ):
            if ids:
                shown = ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")
                told.append(f"{len(ids)} {what}: {shown}")
        return told


def apply(conn: sa.Connection, city: City, now: datetime) -> CityChange:
    """Take ``city`` in the place of the one before; figures of schools that stay are kept."""
    changed = change(conn, city)
    db.upsert(city_districts, conn, [_district_row(n, one) for n, one in enumerate(city.districts)], ["id"],
              ["position", "name", "name_en", "outline"])  # fmt: skip
    rows = [
        {"school": one.id, "district": one.district, "name": one.name, "name_en": one.name_en, "due_at": now,
         "longitude": one.at and one.at[0], "latitude": one.at and one.at[1]}
        for one in city.schools
    ]  # fmt: skip
    db.upsert(city_schools, conn, rows, ["school"], ["district", "name", "name_en", "longitude", "latitude", "due_at"])
    for begin in range(0, len(changed.gone_schools), 500):
        gone = changed.gone_schools[begin : begin + 500]
        conn.execute(city_schools.delete().where(city_schools.c.school.in_(gone)))
    conn.execute(city_districts.delete().where(city_districts.c.id.in_(changed.gone_districts)))
    return changed


def _district_row(position: int, one: District) -> dict[str, object]:
    outline = msgspec.json.encode(one.outline).decode()
    return {"id": one.id, "position": position, "name": one.name, "name_en": one.name_en, "outline": outline}


def change(conn: sa.Connection, city: City) -> CityChange:
    """What `apply` would change."""
    old_districts = set(conn.execute(sa.select(city_districts.c.id)).scalars())
    old = {row.school: row.district for row in conn.execute(sa.select(city_schools.c.school, city_schools.c.district))}
    known = set(conn.execute(sa.select(rosters.c.id)).scalars())
    limited = sa.select(accounts.c.login, accounts.c.district).where(accounts.c.district.is_not(None))
    districts, schools = {one.id for one in city.districts}, {one.id: one.district for one in city.schools}
    return CityChange(
        districts=len(districts),
        schools=len(schools),
        new_districts=tuple(sorted(districts - old_districts)),
        gone_districts=tuple(sorted(old_districts - districts)),
        new_schools=tuple(sorted(schools.keys() - old.keys())),
        gone_schools=tuple(sorted(old.keys() - schools.keys())),
        moved_schools=tuple(sorted(id_ for id_ in schools.keys() & old.keys() if schools[id_] != old[id_])),
        without_roster=tuple(sorted(schools.keys() - known)),
        blind_accounts=tuple(sorted(row.login for row in conn.execute(limited) if row.district not in districts)),
    )


def has_city(conn: sa.Connection) -> bool:
    """Whether a city was ever imported."""
    return conn.execute(sa.select(city_districts.c.id).limit(1)).first() is not None


def districts(conn: sa.Connection) -> list[District]:
    """Every district in the order of its file."""
    rows = conn.execute(sa.select(city_districts).order_by(city_districts.c.position))
    return [
        District(id=row.id, name=row.name, name_en=row.name_en, outline=_outline.decode(row.outline)) for row in rows
    ]


def district_names(conn: sa.Connection) -> dict[str, tuple[str, str]]:
    """What each district is called, in Chinese and English, in the order of its file."""
    table = city_districts.c
    rows = conn.execute(sa.select(table.id, table.name, table.name_en).order_by(table.position))
    return {row.id: (row.name, row.name_en or row.name) for row in rows}


def school_name(conn: sa.Connection, school: str) -> tuple[str, str]:
    """What a school of the city is called, in Chinese and English; its id where nobody named it."""
    table = city_schools.c
    name = sa.func.coalesce(sa.func.nullif(table.name, ""), rosters.c.name, table.school).label("name")
    query = sa.select(name, table.name_en).outerjoin(rosters, rosters.c.id == table.school)
    row = conn.execute(query.where(table.school == school)).first()
    return (school, school) if row is None else (row.name, row.name_en or row.name)
