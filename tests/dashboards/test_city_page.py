"""The page of the city over the demo's invented one: the list by need and the map, by district, for each account."""

import re

import msgspec
import pytest
import sqlalchemy as sa
from city_seed import import_city, square
from console_seed import DAY, PASSWORD, SCHOOL, ZONE
from test_live_stream import LIVE, hear, newest

from campus import changes, db
from campus.clock import VirtualClock
from cli.demo import city as demo_city
from dashboards.access.accounts import create_account
from dashboards.city import drawing, geojson
from dashboards.city.keeper import CityKeeper
from dashboards.deps import Deps
from dashboards.views import overview
from simulator.school import city as invented
from tests.dashboards.conftest import BASE, SignIn


@pytest.fixture
def city(seeded: sa.Engine, noon: VirtualClock) -> None:
    """The invented city beside the seeded school, counted; the account of one district."""
    with db.write(seeded) as conn:
        demo_city.fill(conn, DAY, noon.now(), ZONE)
        create_account(conn, SCHOOL, "harbour", "港", "bureau", PASSWORD, noon.now(), district="harbour")
    CityKeeper(seeded, noon, ZONE).step()


def listed(text: str) -> list[str]:
    """The schools of the list in their order."""
    return re.findall(r'<a href="/overview\?school=([\w-]+)" id="school-', text)


@pytest.mark.usefixtures("city")
def test_the_list_begins_with_the_neediest_and_says_why(sign_in: SignIn) -> None:
    bureau = sign_in("bureau")
    bureau.patch("/api/v1/me", json={"language": "en"})
    text = bureau.get("/overview").text
    assert listed(text)[:3] == [SCHOOL, "waterside-1", "foothill-1"]
    assert len(listed(text)) == 12
    for words in (
        "critical alarms open: 1, since 10:04", "silent: none of 40 devices is heard, since 09:37", "gates down: 1",
        "rolls not settled: 3 of 8", "edge agents lost: 1", "points below the usual", "too few students to show",
        "Schools without a place on the map, in the list only: 1",
    ):  # fmt: skip
        assert words in text
    assert text.count('class="dot') == 8
    assert text.count("h0") == 3  # those that are well, drawn as one path
    waterside = bureau.get("/overview?district=waterside").text
    assert set(listed(waterside)) == {f"waterside-{n}" for n in (1, 2, 3, 4)}
    assert bureau.get("/overview?district=nowhere").status_code == 404
    assert listed(bureau.get("/overview?offset=12").text) == []


@pytest.mark.usefixtures("city")
def test_an_account_of_a_district_reads_of_no_school_elsewhere_and_hears_of_none(
    sign_in: SignIn, deps: Deps, noon: VirtualClock
) -> None:
    client = sign_in("harbour")
    text = client.get("/overview").text
    assert set(listed(text)) == {SCHOOL, *(f"harbour-{n}" for n in (2, 3, 4, 5))}
    assert "waterside-" not in text
    assert "荷塘小学" not in text
    address = f"{LIVE}?page=city&after={newest(deps)}"
    with client.websocket_connect(address, headers={"Origin": BASE}) as socket:
        with db.write(deps.engine) as conn:
            for school in ("waterside-1", "harbour-2"):
                changes.append(conn, noon.now(), school, "city", school)
            last = changes.last_id(conn)
        assert hear(socket, "city")["id"] == last


@pytest.mark.usefixtures("city")
def test_the_bureau_reads_small_classes_of_a_school_together(seeded: sa.Engine, noon: VirtualClock) -> None:
    with db.read(seeded) as conn:
        found = overview.overview(conn, SCHOOL, ZONE, noon.now())
    sizes = {one.class_id: one.enrolled for one in found.classes}
    assert overview.veiled(found, 10).classes == found.classes
    few = overview.veiled(found, min(sizes.values()) + 1).classes
    assert sum(one.enrolled for one in few) == sum(sizes.values())
    assert [one.title for one in few if not one.class_id] == [""]
    assert next(one.enrolled for one in few if not one.class_id) > min(sizes.values())
    assert overview.veiled(found, 5000).classes == ()


def test_a_map_is_drawn_true_to_scale_and_whole() -> None:
    # Two degrees wide and one high at 60 degrees north, where a degree of longitude is half as long.
    file = msgspec.json.encode(
        {"type": "FeatureCollection", "features": [square("a", 10, 59.5), square("b", 11, 59.5)]}
    )
    districts = geojson.parse(file, "city.geojson").districts
    sheet = drawing.sheet(districts)
    (left, top), (right, bottom) = sheet.place((10, 60.5)), sheet.place((12, 59.5))
    assert right - left == pytest.approx(bottom - top, rel=0.01)
    assert 0 < left < right < drawing.WIDTH
    assert 0 < top < bottom < sheet.height
    assert drawing.middle(districts[0].outline, sheet) == sheet.place((10.5, 60))
    middle = drawing.middle(districts[0].outline, sheet)
    assert drawing.label(districts[0].outline, sheet, []) == middle
    assert drawing.label(districts[0].outline, sheet, [middle])[1] > middle[1]
    assert drawing.path(districts[0].outline, sheet).count("L") == 3


def test_the_invented_city_is_one_that_the_import_takes_and_its_schools_lie_in_their_districts(
    engine: sa.Engine, clock: VirtualClock
) -> None:
    assert import_city(engine, clock.now(), invented.geojson()).districts == 3
    found = geojson.parse(invented.geojson(), "city.geojson")
    outlines = {one.id: one.outline for one in found.districts}
    inside = [geojson.contains(outlines[one.district], one.at) for one in found.schools if one.at is not None]
    assert inside == [True] * 11
