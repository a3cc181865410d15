"""The early-warning list over the API: signs with their counted days, most days away first, of own classes only."""

import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS
from term_seed import pupils, write_term

from tests.dashboards.conftest import SignIn

PATH = f"/api/v1/classes/{OWN_CLASS}/warnings"


def test_who_shows_a_sign_is_listed_with_the_days_it_rests_on(sign_in: SignIn, seeded: sa.Engine) -> None:
    write_term(seeded)
    late, ill, gone = pupils(seeded)[:3]
    found = sign_in("teacher").get(PATH, params={"weeks": 4}).json()
    signs = {line["student"]: {sign["kind"] for sign in line["signs"]} for line in found["lines"]}
    assert signs[late] == {"late_on_weekday"}
    assert signs[ill] == {"chronic_absence", "more_than_before"}
    assert "chronic_absence" in signs[gone]
    assert found["lines"][0]["student"] == ill  # away most
    assert found["counted"] <= found["enrolled"]


def test_without_days_to_count_nobody_shows_a_sign(sign_in: SignIn) -> None:
    assert sign_in("teacher").get(PATH).json()["lines"] == []


def test_the_list_of_another_class_is_not_there_and_the_span_has_limits(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    assert teacher.get(f"/warnings/{FOREIGN_CLASS}").status_code == 404
    assert teacher.get(PATH, params={"weeks": 1}).status_code == 422
    assert teacher.get("/warnings").headers["location"] == f"/warnings/{OWN_CLASS}"
