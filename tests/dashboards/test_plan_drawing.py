"""The plan in the school's own hands: pictures cleaned, devices and places moved with the change on record."""

import pytest
import sqlalchemy as sa

from campus.errors import Conflict
from devices.ledger import registry_changes
from devices.plan.drawings import clean_svg, picture
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import SCHOOL

API = "/api/v1/plan"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    b'viewBox="0 0 10 10" onload="alert(1)"><script>alert(2)</script><style>*{}</style>'
    b'<g fill="url(http://x/)"><rect width="5" height="5" onclick="x()" style="fill:red"/></g>'
    b'<image xlink:href="http://elsewhere/x.png"/><a xlink:href="javascript:x"><rect/></a>'
    b"<foreignObject><p>x</p></foreignObject><text>A1</text></svg>"
)
BOMB = b'<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
PNG = b"\x89PNG\r\n\x1a\nrest"


def test_of_an_svg_only_the_shapes_are_kept() -> None:
    clean = clean_svg(SVG).decode()
    for gone in ("script", "onload", "onclick", "style", "url(", "http://elsewhere", "javascript", "foreignObject"):
        assert gone not in clean
    assert 'width="5"' in clean
    assert "A1" in clean


DRAWN = '<svg xmlns="http://www.w3.org/2000/svg">%s</svg>'
HIDDEN_BOMB = f'<?xml version="1.0" encoding="utf-16"?>{BOMB.decode()}'.encode("utf-16")
NESTED = (DRAWN % ("<g>" * 5000 + "</g>" * 5000)).encode()
IN_NO_CODE = b'<?xml version="1.0" encoding="%s"?>' + (DRAWN % "<rect/>").encode()


@pytest.mark.parametrize("data", [HIDDEN_BOMB, NESTED, *(IN_NO_CODE % code for code in (b"none", b"idna", b"utf-7"))])
def test_what_would_break_or_mislead_the_reading_of_a_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(Conflict):
        clean_svg(data)


def test_a_drawing_fetches_nothing_by_a_spelling_that_only_browsers_read() -> None:
    hidden = DRAWN % r'<rect fill="u\72l(http://elsewhere.example/x)" stroke="#333"/>'
    clean = clean_svg(hidden.encode()).decode()
    assert "elsewhere" not in clean
    assert 'stroke="#333"' in clean


@pytest.mark.parametrize("data", [BOMB, b"<html></html>", b"plain words", PNG + b"x" * 3_000_000, b"<svg></svg>"])
def test_what_is_no_plain_picture_is_refused_with_the_reason(data: bytes) -> None:
    with pytest.raises(Conflict):
        picture(data)


def test_the_document_type_that_drawing_programs_write_is_taken() -> None:
    head = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert b"<svg" in clean_svg(head + b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>')


def test_a_drawing_lies_under_the_plan_until_it_is_taken_away(sign_in: SignIn) -> None:
    facility, guard = sign_in("facility"), sign_in("guard")
    plan = facility.post(f"{API}/drawings/1", content=SVG).json()
    assert [one["floor"] for one in plan["drawings"]] == [1]
    seen = guard.get(f"{API}/drawings/1")
    assert seen.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'self'" in seen.headers["content-security-policy"]
    assert guard.get("/api/v1/plan").json()["drawings"] == plan["drawings"]
    assert facility.post(f"{API}/drawings/1", content=b"x").status_code == 409
    assert facility.post(f"{API}/drawings/1/remove").json()["drawings"] == []
    assert guard.get(f"{API}/drawings/1").status_code == 404


def test_a_camera_is_placed_and_turned_and_the_registry_remembers_who_did_it(
    sign_in: SignIn, seeded: sa.Engine
) -> None:
    facility = sign_in("facility")
    sight = {"heading": 90.0, "angle": 70.0, "reach": 120.0}
    plan = facility.post(f"{API}/devices/cam-6", json={"x": 300, "y": 200, "sight": sight}).json()
    assert plan["sights"] == [{"device": "cam-6", "sight": sight}]
    assert [(one["x"], one["y"]) for one in plan["devices"] if one["id"] == "cam-6"] == [(300.0, 200.0)]
    with seeded.connect() as conn:
        found = registry_changes.history(conn, SCHOOL, "device", "cam-6")
    assert {one.field for one in found} >= {"x", "y"}
    assert facility.post(f"{API}/devices/cam-6", json={"x": 3000, "y": 200}).status_code == 409
    assert facility.post(f"{API}/devices/nothing", json={"x": 3, "y": 2}).status_code == 404


def test_a_place_is_drawn_by_its_corners(sign_in: SignIn) -> None:
    facility = sign_in("facility")
    plan = facility.post(f"{API}/places/garden", json={"outline": "10,10 50,10 50,60"}).json()
    drawn = {one["id"]: one["outline"] for one in plan["places"]}
    assert drawn["garden"] == "10,10 50,10 50,60"
    assert facility.post(f"{API}/places/garden", json={"outline": "10,10 50,10"}).status_code == 409
