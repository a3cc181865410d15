"""The city at one look, for the bureau: a map and beside it the same as a list by need; written by the server alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from campus import db
from dashboards.access.accounts import Account, Language
from dashboards.api.city import city_of
from dashboards.city import drawing, store
from dashboards.city.figures import CityShare
from dashboards.city.geojson import District, Position
from dashboards.city.need import WORST_FIRST, Reason
from dashboards.city.view import City, SchoolLine, narrowed
from dashboards.deps import deps_of
from dashboards.pages.frame import language_of, render
from dashboards.texts.catalogue import say

SIGNS = {"critical": "▲", "unknown": "□", "warning": "◆"}
SHOWN = 100
FEW = 200  # so many dots are drawn large


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A district on the map; ``state`` is empty for one out of the account's scope or filter."""

    id: str
    name: str
    state: str
    d: str
    at: Position
    states: dict[str, int]


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """A school on the map."""

    line: SchoolLine
    at: Position


def city_page(request: Request, account: Account, district: str, offset: int) -> Response:
    """The page, narrowed to one ``district`` if asked; the list from ``offset`` on."""
    deps = deps_of(request)
    whole = city_of(deps, account)
    found = narrowed(whole, district) if district else whole
    with db.read(deps.engine) as conn:
        outlines = store.districts(conn)
    language = language_of(request, account)
    sheet = drawing.sheet([one for one in outlines if district in {"", one.id}])
    dots = _dots(found, sheet)
    return render(
        request, "overview", account, template="city.html", dots=[one for one in dots if one.line.reasons],
        well=drawing.points([one.at for one in dots if not one.line.reasons]), drawn=len(dots),
        data={"seen": found.seen}, script_texts=("city",),
        city=found, whole=whole, district=district, offset=offset, shown=SHOWN, sheet=sheet,
        areas=_areas(outlines, whole, sheet, language, dots), signs=SIGNS,
        few=FEW, states=WORST_FIRST,
        name=partial(_name, language), share=partial(_share, language), past=partial(_past, language), percent=percent,
        district_names={one.district: _name(language, one) for one in whole.districts},
        unplaced=sum(one.at is None for one in found.schools),
        reason=partial(_reason, language, _when(deps.school.zone, found.now)),
    )  # fmt: skip


def percent(value: float | None) -> str:
    """A share as people read it, to a tenth of a percent."""
    return "–" if value is None else f"{100 * value:.1f} %"


def _areas(
    outlines: Sequence[District], whole: City, sheet: drawing.Sheet, language: Language, dots: Sequence[Dot]
) -> tuple[Area, ...]:
    places = [one.at for one in dots] if len(dots) <= FEW else []
    sums = {one.district: one.sum for one in whole.districts}
    return tuple(
        Area(
            id=one.id, name=one.name if language == "zh" else one.name_en or one.name,
            state=sums[one.id].state if one.id in sums else "", d=drawing.path(one.outline, sheet),
            at=drawing.label(one.outline, sheet, places), states=sums[one.id].states if one.id in sums else {},
        )
        for one in outlines
    )  # fmt: skip


def _dots(found: City, sheet: drawing.Sheet) -> tuple[Dot, ...]:
    """The schools that somebody placed, the neediest last: it is drawn over the others."""
    return tuple(Dot(line=one, at=sheet.place(one.at)) for one in reversed(found.schools) if one.at is not None)


def _name(language: Language, one: Any) -> str:
    return str(one.name if language == "zh" else one.name_en or one.name)


def _share(language: Language, one: CityShare) -> str:
    """A share with its past in words: ``95.1 %, usually 96.8 % (-1.7)``."""
    if one.hidden:
        return say(language, "city.hidden")
    if one.now is None:
        return say(language, "city.usually", usual=percent(one.usual)) if one.usual is not None else "–"
    past = _past(language, one)
    return percent(one.now) + ({"zh": "，", "en": ", "}[language] + past if past else "")


def _past(language: Language, one: CityShare) -> str:
    """What it usually is and the difference in points: ``usually 96.8 % (−1.7)``; empty where it is not known."""
    if one.hidden:
        return say(language, "city.hidden")
    if one.usual is None:
        return ""
    if one.difference is None:
        return say(language, "city.usually", usual=percent(one.usual))
    points = round(100 * one.difference, 1)
    told = "±0.0" if not points else f"{points:+.1f}".replace("-", "−")
    return say(language, "city.against", usual=percent(one.usual), difference=told)


def _reason(language: Language, when: Callable[[datetime], str], one: Reason) -> str:
    """Why, in words: what, how many, since when."""
    share = "" if one.share is None else f"{abs(100 * one.share):.1f}"
    what = say(language, f"city.why.{one.code}", n=one.n, of=one.of, share=share)
    return what if one.since is None else what + say(language, "city.since", at=when(one.since))


def _when(zone: Any, now: datetime) -> Callable[[datetime], str]:
    """Moments as people say them: the time today, with the date otherwise."""
    today = now.astimezone(zone).date()

    def tell(moment: datetime) -> str:
        local = moment.astimezone(zone)
        return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"

    return tell
