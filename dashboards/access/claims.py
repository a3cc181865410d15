"""What the claims of an ID token mean here: who it is, of which school, with which role. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from campus.settings.sign_on import SignOn
from dashboards.access.roles import Role

Why = Literal["school", "role", "teacher", "district"]
WHOLE_CITY = "*"  # instead of a district


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the provider knows them. ``role`` is None where an administrator gives it."""

    issuer: str
    subject: str
    name: str
    login: str
    role: Role | None
    teacher: str = ""
    district: str = ""  # of the bureau; empty: the provider says nothing of it


class Unfit(msgspec.Struct, frozen=True):
    """The claims open nothing here, and why."""

    why: Why


def read(claims: Mapping[str, object], settings: SignOn, school: str) -> Known | Unfit:
    """The person of these claims, for a school."""
    if settings.school_claim and school not in _schools(claims, settings):
        return Unfit("school")
    role, teacher = _role(claims, settings), next(iter(values(claims, settings.teacher_claim)), "")
    if settings.role_claim and role is None:
        return Unfit("role")
    if role == "teacher" and not teacher:
        return Unfit("teacher")
    district = _district(claims, settings) if role == "bureau" and settings.district_claim else ""
    if district is None:
        return Unfit("district")
    subject, login = str(claims["sub"]), _first(claims, "preferred_username", "upn", "email")
    name = _first(claims, "name", "nickname") or login or subject
    return Known(
        issuer=settings.issuer, subject=subject, name=name[:100], login=login[:64], role=role, teacher=teacher[:64],
        district=district,
    )  # fmt: skip


def values(claims: Mapping[str, object], path: str) -> list[str]:
    """The texts at a claim; ``realm_access.roles`` goes into what is nested, a claim of that very name goes first."""
    found: object = claims.get(path)
    if found is None and path:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, list | tuple):
        return [str(one) for one in found if isinstance(one, str | int)]
    return [str(found)] if isinstance(found, str | int) and str(found) else []


def _role(claims: Mapping[str, object], settings: SignOn) -> Role | None:
    had = set(values(claims, settings.role_claim))
    return next((role for value, role in settings.roles.items() if value in had), None)


def _schools(claims: Mapping[str, object], settings: SignOn) -> set[str]:
    had = values(claims, settings.school_claim)
    return {settings.schools[one] for one in had if one in settings.schools} if settings.schools else set(had)


def _district(claims: Mapping[str, object], settings: SignOn) -> str | None:
    """The district of an account of the bureau, or `WHOLE_CITY` (by the settings alone); None: neither."""
    had = values(claims, settings.district_claim)
    if settings.districts:
        return next((district for value, district in settings.districts.items() if value in had), None)
    return had[0] if len(had) == 1 and had[0] != WHOLE_CITY else None


def _first(claims: Mapping[str, object], *names: str) -> str:
    return next((text for name in names for text in values(claims, name)), "")
