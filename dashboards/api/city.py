"""The city in numbers: its districts and its schools by need, as far as the account may see them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from campus import db
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api import paging
from dashboards.api.answers import InvalidBody, Json, content, described
from dashboards.city import geojson, store
from dashboards.city.view import City, DistrictLine, SchoolLine, Sum, city, narrowed
from dashboards.deps import Deps, deps_of

router = APIRouter(tags=["city"])
Bureau = Annotated[Account, Depends(allow("city.read"))]
Named = Annotated[str, Query(max_length=64)]
Importer = Annotated[Account, Depends(allow("city.import"))]
OwnOrigin = Depends(check_origin)
read_map, _MAP = content("application/geo+json")

_ANSWERS = described(store.CityChange)


class CitySummary(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of every school in scope, and of each district. Shares about fewer than ``least`` students are hidden."""

    least: int
    total: Sum
    districts: tuple[DistrictLine, ...]


class SchoolsByNeed(msgspec.Struct, frozen=True, kw_only=True):
    """Schools by need, the neediest first: a page of the ``total``."""

    total: int
    schools: tuple[SchoolLine, ...]


def city_of(deps: Deps, account: Account) -> City:
    """The city in the account's scope."""
    with db.read(deps.engine) as conn:
        return city(conn, account, deps.clock.now(), deps.school.zone, deps.dashboards.small_group)


@router.get("/city", **described(CitySummary))
def summary(request: Request, account: Bureau) -> Json:
    """The city and its districts in numbers: attendance and uptime of devices today against the same weekday of the
    past four weeks, open alarms by severity, drills of this term, and how many schools are in which state. No student
    is named.
    """
    found = city_of(deps_of(request), account)
    return Json(CitySummary(least=found.least, total=found.total, districts=found.districts))


@router.get("/city/schools", **described(SchoolsByNeed))
def schools(
    request: Request,
    account: Bureau,
    district: Named = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> Json:
    """The schools that need somebody first, with the reasons; of one ``district`` if asked.

    The ``Link`` header pages on.
    """
    whole = city_of(deps_of(request), account)
    found = (narrowed(whole, district) if district else whole).schools
    rows, more = paging.of_whole(request, found, lambda one: one.school, cursor, limit)
    return Json(SchoolsByNeed(total=len(found), schools=tuple(rows)), headers=more)


@router.post("/city/map", dependencies=[OwnOrigin], **(_ANSWERS | {"openapi_extra": _ANSWERS["openapi_extra"] | _MAP}))
def take_map(
    request: Request,
    _importer: Importer,
    file: Annotated[bytes, Depends(read_map)],
    dry_run: bool = True,
) -> Json:
    """Say what a GeoJSON map of districts and schools would change, or with ``dry_run=false`` take it.

    It replaces the one before. A feature that cannot be used is named with the fix, and nothing is changed.
    """
    deps = deps_of(request)
    try:
        found = geojson.parse(file, "the file")
    except geojson.CityFileError as error:
        raise InvalidBody(str(error)) from None
    with db.write(deps.engine) as conn:
        change = store.change(conn, found) if dry_run else store.apply(conn, found, deps.clock.now())
    return Json(change)
