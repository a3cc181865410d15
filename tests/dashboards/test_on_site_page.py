"""Who is on site, in numbers: classes with somebody unknown first, and why the number is not sure."""

import re

import msgspec

from tests.dashboards.conftest import SignIn

PATH = "/api/v1/on-site/now"


def test_classes_with_somebody_unknown_come_first_and_the_bounds_name_gates_without_a_counter(sign_in: SignIn) -> None:
    view = sign_in("guard").get(PATH).json()
    unknown = [one["unknown"] > 0 for one in view["classes"]]
    assert unknown == sorted(unknown, reverse=True)
    assert sum(one["inside"] for one in view["classes"]) == view["total"]["inside"] > 0
    assert view["bounds"]["at_least"] <= view["total"]["inside"] <= view["bounds"]["at_most"]
    assert {gate["name_zh"] for gate in view["uncounted"]} >= {"东门"}


def test_the_page_shows_the_same_and_no_student(sign_in: SignIn) -> None:
    office = sign_in("office")
    page = office.get("/on-site")
    found = re.search(r'id="data">(.*?)</script>', page.text)
    assert found is not None
    assert msgspec.json.decode(found[1])["total"] == office.get(PATH).json()["total"]
    assert "s-g" not in page.text
