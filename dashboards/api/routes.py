"""Who is told of alarms: the routes in force, drafts judged and tried, and put in force with a way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Header
from msgspec import Meta
from starlette.requests import Request

from alerts.rules import revisions
from alerts.rules.revisions import TextRevision
from alerts.rules.yaml_document import RuleFileError
from alerts.telling.in_force import InForce, Origin, in_force, put
from alerts.telling.routefile import EVERYONE_TEXT, read_routes, routes_schema
from alerts.telling.routes import EVERYONE, Routes
from alerts.telling.tables import route_revisions
from campus import db
from campus.errors import Outdated
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import InvalidBody, Json, body, described
from dashboards.api.conditional import matches, tag_of
from dashboards.api.rules import Draft, Mistake, Putting, RevisionText, Text
from dashboards.deps import Deps, deps_of
from dashboards.views import routes as views
from dashboards.views.people import account_names, with_names
from dashboards.views.routes import Judged, MadeUp, TrialStep

router = APIRouter(prefix="/routes", tags=["routes"])
Changer = Annotated[Account, Depends(allow("rules.change"))]
OwnOrigin = Depends(check_origin)
FARTHEST = timedelta(days=370)


class RouteDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The text in force, where it is from, and every text before it, the last one first.

    ``file`` is the one of the settings, read only while there is no revision; ``mistake`` is one in it.
    """

    origin: Origin
    number: int
    file: str
    text: str
    mistake: Mistake | None
    revisions: tuple[TextRevision, ...]


class RouteCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The first mistake of a draft, or the table it makes with what is wrong in it."""

    mistake: Mistake | None
    judged: Judged | None


class RouteTrial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft and an alarm that does not exist."""

    text: Text
    alarm: MadeUp


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen while nobody acknowledges, in its order."""

    steps: Annotated[tuple[TrialStep, ...], Meta(description="At most 200.")]


def desk_of(conn: sa.Connection, deps: Deps, account: Account) -> RouteDesk:
    """The routes as they stand now."""
    found, mistake = _now(conn, deps)
    made = with_names(revisions.recent(conn, route_revisions), account_names(conn, account.school))
    return RouteDesk(
        origin=found.origin, number=found.number, file=str(deps.routes or ""), text=found.text, mistake=mistake,
        revisions=made,
    )  # fmt: skip


def tag_of_desk(desk: RouteDesk) -> str:
    """The tag that ``GET /routes`` answers ``desk`` with, and that a write names."""
    return tag_of(msgspec.json.encode(desk))


def judged_of(conn: sa.Connection, deps: Deps, school: str) -> Judged:
    """The table of the routes in force; of a file that is wrong that of the default."""
    found, mistake = _now(conn, deps)
    return views.judged(conn, deps, school, EVERYONE if mistake else read_routes(found.text, "routes"))


@router.get("", **described(RouteDesk))
def routes(request: Request, account: Changer) -> Json:
    """The text in force and the revisions. The tag of the answer is what a write names in `If-Match`."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(desk_of(conn, deps, account))


@router.post("", dependencies=[OwnOrigin], **described(RouteDesk, Putting, refuses=("412",)))
def save(
    request: Request,
    account: Changer,
    said: Annotated[Putting, Depends(body(Putting))],
    if_match: Annotated[str, Header(max_length=200)],
) -> Json:
    """Put a text in force as a new revision; 412 when another one was since the tag in `If-Match` was answered.

    The worker takes it up with the next step of an alarm.
    """
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        before = desk_of(conn, deps, account)
        if not matches(if_match, tag_of_desk(before)):
            raise Outdated(f"{_what(before)} is in force by now; look at it, then save again")
        try:
            known = views.endpoints(conn)
            number = put(conn, deps.routes, said.text, account.id, said.reason, deps.wall.now(), known)
        except RuleFileError as error:
            raise InvalidBody(f"line {error.line}: {error.problem}") from None
        audit.record(conn, deps.wall.now(), account, "routes.change", str(number))
        after = desk_of(conn, deps, account)
    answer = Json(after)
    answer.headers["ETag"] = tag_of_desk(after)
    return answer


@router.get("/table", **described(Judged))
def table(request: Request, account: Changer) -> Json:
    """The routes in force as a table, and what is wrong with them."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        return Json(judged_of(conn, deps, account.school))


@router.get("/schema", **described(dict[str, Any]))
def schema(_account: Changer) -> Json:
    """The JSON Schema (2020-12) of routes."""
    return Json(routes_schema())


@router.post("/check", dependencies=[OwnOrigin], **described(RouteCheck, Draft))
def check(request: Request, account: Changer, said: Annotated[Draft, Depends(body(Draft))]) -> Json:
    """Judge a draft: the first mistake with line, key and fix, or its table and what is wrong with it."""
    deps = deps_of(request)
    with db.read(deps.engine) as conn:
        try:
            found = read_routes(said.text, "draft", views.endpoints(conn))
        except RuleFileError as error:
            return Json(RouteCheck(mistake=_mistake(error), judged=None))
        return Json(RouteCheck(mistake=None, judged=views.judged(conn, deps, account.school, found)))


@router.post("/trial", dependencies=[OwnOrigin], **described(Foreseen, RouteTrial))
def trial(request: Request, account: Changer, said: Annotated[RouteTrial, Depends(body(RouteTrial))]) -> Json:
    """Say step by step who would be told of an alarm by a draft, when and by what, while nobody acknowledges."""
    deps = deps_of(request)
    if said.alarm.at.tzinfo is None:
        raise InvalidBody("`at` needs a time zone, as in 2026-09-07T00:00:00Z")
    if abs(said.alarm.at - deps.clock.now()) > FARTHEST:
        raise InvalidBody("`at` is more than a year away")
    draft = _right(said.text)
    with db.read(deps.engine) as conn:
        return Json(Foreseen(steps=views.foreseen(conn, deps, account.school, draft, said.alarm)))


@router.get("/revisions/{number}", **described(RevisionText))
def revision(request: Request, number: int, _account: Changer) -> Json:
    """The text of a revision, to be looked at or put in force again."""
    with db.read(deps_of(request).engine) as conn:
        return Json(RevisionText(number=number, text=revisions.text_of(conn, route_revisions, number)))


def _now(conn: sa.Connection, deps: Deps) -> tuple[InForce, Mistake | None]:
    """What is in force, and the mistake in it: only a file can have one."""
    found = InForce("file", 0, EVERYONE_TEXT)
    try:
        found = in_force(conn, deps.routes)
        read_routes(found.text, found.name(deps.routes))
    except RuleFileError as error:
        return found, _mistake(error)
    return found, None


def _right(text: str) -> Routes:
    try:
        return read_routes(text, "draft")
    except RuleFileError as error:
        raise InvalidBody(f"line {error.line}: {error.problem}") from None


def _mistake(error: RuleFileError) -> Mistake:
    return Mistake(line=error.line, problem=error.problem)


def _what(desk: RouteDesk) -> str:
    newest = next(iter(desk.revisions), None)
    return f"revision {newest.number} of {newest.made_by}" if newest else "another text"
