"""Guardians of a class: who gets what, what was sent, and what the office changes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from msgspec import Meta
from starlette.requests import Request

from attendance.guardians import wishes
from attendance.guardians.wishes import Guardian
from campus import db
from campus.ids import new_id
from dashboards.access import audit
from dashboards.access.accounts import Account
from dashboards.access.origin import check_origin
from dashboards.access.people import allow
from dashboards.api.answers import Json, body, described
from dashboards.deps import Deps, deps_of
from dashboards.views import guardians as views
from dashboards.views.classes import must_own_student
from dashboards.views.guardians import ClassGuardians, GuardianLine

router = APIRouter(tags=["guardians"])
Reader = Annotated[Account, Depends(allow("guardians.read"))]
Editor = Annotated[Account, Depends(allow("guardians.edit"))]
OwnOrigin = Depends(check_origin)
Minute = Annotated[int, Meta(ge=0, le=24 * 60 - 1)]


class GuardianChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a guardian agreed to and how they are written to; without quiet hours those of the school count."""

    wants: Annotated[tuple[Literal["arrived", "left", "absent", "leave"], ...], Meta(max_length=4)] = ()
    language: Literal["zh", "en"] = "zh"
    by: Literal["phone", "email"] = "phone"
    quiet_from: Minute | None = None
    quiet_until: Minute | None = None


class NewGuardian(GuardianChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guardian of a student, for schools whose roster brings none."""

    student: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    relation: Annotated[str, Meta(max_length=32)] = ""
    phone: Annotated[str, Meta(max_length=24)] = ""
    email: Annotated[str, Meta(max_length=200)] = ""


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """Who is no guardian any more."""

    id: str
    name: str


@router.get("/classes/{class_id}/guardians", **described(ClassGuardians))
def guardians(request: Request, class_id: str, account: Reader) -> Json:
    """The guardians of an own class, what each agreed to, and what was sent in two weeks. The look is logged."""
    return Json(logged_guardians(deps_of(request), account, class_id))


def logged_guardians(deps: Deps, account: Account, class_id: str) -> ClassGuardians:
    """The guardians of an own class; the look is a row of the access log before it is an answer."""
    with db.read(deps.engine) as conn:
        found = views.guardians_of_class(conn, account, class_id, deps.clock.now())
    audit.look(deps.engine, deps.wall.now(), account, "guardians.view", class_id)
    return found


@router.post("/guardians", dependencies=[OwnOrigin], **described(GuardianLine, NewGuardian))
def add(request: Request, account: Editor, said: Annotated[NewGuardian, Depends(body(NewGuardian))]) -> Json:
    """Add a guardian of a student with what they agreed to; a roster that brings guardians decides anew who is one."""
    deps, id_ = deps_of(request), new_id()
    one = _profile(Guardian(id=id_, name=said.name, phone=said.phone, email=said.email), said)
    with db.write(deps.engine) as conn:
        must_own_student(conn, account, said.student)
        of = [(said.student, said.relation)]
        wishes.keep(conn, account.school, one, of, said.wants, account.id, deps.clock.now())
        return _answer(conn, deps, account, id_, "add")


@router.post("/guardians/{guardian}", dependencies=[OwnOrigin], **described(GuardianLine, GuardianChange))
def change(
    request: Request,
    guardian: str,
    account: Editor,
    said: Annotated[GuardianChange, Depends(body(GuardianChange))],
) -> Json:
    """Change what a guardian agreed to, the language, the way, and the quiet hours."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        known = wishes.guardian(conn, account.school, guardian)
        for student, _ in known.of:
            must_own_student(conn, account, student)
        wishes.set_profile(conn, account.school, _profile(known.guardian, said))
        wishes.set_wishes(conn, account.school, guardian, said.wants, account.id, deps.clock.now())
        return _answer(conn, deps, account, guardian, "change")


@router.post("/guardians/{guardian}/remove", dependencies=[OwnOrigin], **described(Removed))
def remove(request: Request, guardian: str, account: Editor) -> Json:
    """Take a guardian out with what they agreed to; what waits for them is not sent, what was sent stays on record."""
    deps = deps_of(request)
    with db.write(deps.engine) as conn:
        for student, _ in wishes.guardian(conn, account.school, guardian).of:
            must_own_student(conn, account, student)
        known = wishes.remove(conn, account.school, guardian)
        audit.record(conn, deps.wall.now(), account, "guardians.remove", guardian, *known.wants)
    return Json(Removed(id=guardian, name=known.guardian.name))


def _profile(one: Guardian, said: GuardianChange) -> Guardian:
    fields = ("language", "by", "quiet_from", "quiet_until")
    return msgspec.structs.replace(one, **{name: getattr(said, name) for name in fields})


def _answer(conn: sa.Connection, deps: Deps, account: Account, guardian: str, what: str) -> Json:
    known = wishes.guardian(conn, account.school, guardian)
    audit.record(conn, deps.wall.now(), account, "guardians.change", what, guardian, *known.wants)
    return Json(views.line_of(known, known.of[0][1], whole=True))
