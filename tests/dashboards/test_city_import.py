"""A city from GeoJSON: what is taken, what is refused with the feature and the fix, what a dry run leaves alone."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from city_seed import collection, feature, import_city, point, square, two_districts
from click.testing import CliRunner

from campus import db
from campus.clock import VirtualClock
from cli.commands.city import city
from dashboards.access.accounts import create_account
from dashboards.city import store
from dashboards.city.geojson import CityFileError, contains, parse
from dashboards.city.tables import city_districts, city_schools


def test_districts_and_schools_are_read_and_a_point_finds_its_district() -> None:
    found = parse(two_districts(), "city.geojson")
    assert [one.id for one in found.districts] == ["west", "east"]
    assert {one.id: one.district for one in found.schools}["e-2"] == "east"
    assert [(one.id, one.district) for one in found.schools if one.at is None] == [("w-3", "west")]


def test_a_point_in_a_hole_is_outside() -> None:
    outer = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    ring = feature({"type": "MultiPolygon", "coordinates": [[outer, hole]]}, {"id": "ring", "name": "环"})
    outline = parse(collection(ring), "city.geojson").districts[0].outline
    assert contains(outline, (3, 3))
    assert not contains(outline, (1.5, 1.5))
    assert not contains(outline, (5, 1))


OPEN = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}
METRES = {"type": "Point", "coordinates": [382000.5, 3305000.1]}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (feature(OPEN, {"id": "a", "name": "甲"}), "feature 2: district 'a': a ring is not closed. Repeat its first"),
        (square("a b", 3, 3), "properties.id is 'a b'. Use letters"),
        (square("a", 3, 3, name=""), "district 'a' has no name. Set properties.name"),
        (square("west", 3, 3), "feature 2: there is a district 'west' already"),
        (feature(METRES, {"school": "s-1"}), "school 's-1': [382000.5, 3305000.1] is no longitude and latitude"),
        (point("s-1", (7, 7)), "school 's-1' lies in no district. Set properties.district, or move the point"),
        (point("s-1", None, district="north"), "names the district 'north', which the file lacks. It has: west"),
        (point("", (0.5, 0.5)), "the school's properties.school is ''. Set it to the school's id"),
        (
            feature({"type": "LineString", "coordinates": []}, {"id": "r"}),
            "'r': a LineString is neither a district nor",
        ),
        (feature({"type": "Polygon", "coordinates": "x"}, {"id": "r", "name": "r"}), "Expected `array`, got `str`"),
        ({"type": "Thing"}, "feature 2: Invalid enum value 'Thing'"),
    ],
)
def test_a_feature_that_cannot_be_used_is_named_with_the_fix(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(CityFileError) as refused:
        parse(collection(square("west", 0, 0), bad), "city.geojson")
    assert words in str(refused.value)
    assert str(refused.value).startswith("city.geojson, feature 2: ")


def test_every_problem_is_told_and_a_file_that_is_none_names_itself() -> None:
    with pytest.raises(CityFileError, match=r"(?s)feature 2: .*feature 3: "):
        parse(collection(square("west", 0, 0), point("a", (8, 8)), point("b", (9, 9))), "city.geojson")
    with pytest.raises(CityFileError, match=r"map\.kml is no GeoJSON"):
        parse(b"<kml/>", "map.kml")
    with pytest.raises(CityFileError, match="has no district"):
        parse(collection(), "empty.geojson")


def test_a_city_takes_the_place_of_the_one_before_and_tells_what_changed(
    engine: sa.Engine, clock: VirtualClock
) -> None:
    assert import_city(engine, clock.now()).new_schools == ("e-1", "e-2", "e-3", "school-1", "w-2", "w-3")
    with db.write(engine) as conn:
        create_account(conn, "s", "wang", "王", "bureau", "correct horse", clock.now(), district="east")
    change = import_city(engine, clock.now(), collection(square("west", 0, 0), point("e-1", (0.5, 0.5))))
    assert (change.gone_districts, change.moved_schools) == (("east",), ("e-1",))
    assert (change.gone_schools, change.blind_accounts) == (("e-2", "e-3", "school-1", "w-2", "w-3"), ("wang",))
    with db.read(engine) as conn:
        assert list(conn.execute(sa.select(city_schools.c.school, city_schools.c.district))) == [("e-1", "west")]
        assert store.districts(conn)[0].outline[0][0][2] == (1.0, 1.0)


def test_the_command_tries_first_and_then_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPUS_DATABASE__URL", f"sqlite:///{tmp_path}/campus.db")
    (tmp_path / "city.geojson").write_bytes(two_districts())
    tried = CliRunner().invoke(city, ["import", "--dry-run", str(tmp_path / "city.geojson")])
    assert tried.exit_code == 0, tried.output
    assert "2 districts and 6 schools" in tried.output
    assert "6 schools without a roster in this database" in tried.output
    assert "nothing was changed" in tried.output
    engine = db.open_engine(f"sqlite:///{tmp_path}/campus.db")
    with engine.connect() as conn:
        assert not store.has_city(conn)
    assert CliRunner().invoke(city, ["import", str(tmp_path / "city.geojson")]).exit_code == 0
    with engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(city_districts)).scalar_one() == 2
    engine.dispose()
