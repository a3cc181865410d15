"""The page and the interface of the load figures, over the seeded school."""

import pytest

from dashboards.views.load import plain
from tests.dashboards.conftest import SignIn


def test_the_page_stands_without_a_script_in_both_languages(sign_in: SignIn) -> None:
    guard = sign_in("guard")
    page = guard.get("/load?days=30")
    assert page.status_code == 200
    assert "告警最多的前十" in page.text
    assert page.text.count('<script type="module"') == 1  # the help's, which every page has
    guard.patch("/api/v1/me", json={"language": "en"})
    assert "The ten worst actors" in guard.get("/load").text


def test_the_interface_gives_the_same_figures_and_names_no_student(sign_in: SignIn) -> None:
    guard = sign_in("guard")
    found = guard.get("/api/v1/alarm-load?days=1").json()
    assert found["alarms"] == sum(one["alarms"] for one in found["bad_actors"]) > 0
    assert found["alarms"] == sum(found["hours"])
    assert len(found["standing"]) >= found["stale"]
    assert guard.get("/api/v1/alarm-load?days=93").status_code == 422
    assert guard.get("/load?days=0").status_code == 422


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("CO2 too high in {place}: {value} {unit}", "CO2 too high"),
        ("{place} 二氧化碳过高：{value} {unit}", "二氧化碳过高"),
        ("Student left in school hours without leave ({class}, {place})", "Student left in school hours without leave"),
        ("学生上课时间离校且无请假（{class}，{place}）", "学生上课时间离校且无请假"),
        ("Panic button: {place}", "Panic button"),
    ],
)
def test_a_rule_is_called_by_its_title_without_places_and_numbers(title: str, short: str) -> None:
    assert plain(title) == short
