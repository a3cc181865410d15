"""A first start says what is missing and what to do next, and stops saying it once all is there."""

from pathlib import Path

import msgspec
from fastapi.testclient import TestClient

from alerts.rules.rulefile import load_rules
from campus import db
from campus.clock import VirtualClock
from campus.series.sqlite import SqliteSeries
from dashboards.access.accounts import create_account
from dashboards.app import create_app
from dashboards.deps import Deps
from dashboards.views.first_steps import first_steps
from tests.dashboards.conftest import BASE, SignIn
from tests.dashboards.console_seed import NOW, PASSWORD, SCHOOL


def test_an_empty_school_is_led_from_its_places_on(tmp_path: Path, deps: Deps) -> None:
    engine = db.open_engine(f"sqlite:///{tmp_path}/new.db")
    db.migrate(engine)
    with db.write(engine) as conn:
        create_account(conn, SCHOOL, "admin", "管理员", "admin", PASSWORD, NOW)
    series = SqliteSeries(tmp_path / "new-series.db")
    client = TestClient(
        create_app(msgspec.structs.replace(deps, engine=engine, series=series, clock=VirtualClock(NOW))),
        base_url=BASE, headers={"Origin": BASE},
    )  # fmt: skip
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD})
    page = client.get("/admin").text
    assert "places.csv" in page
    assert "campus roster import" in page
    for path in ("/devices", "/coverage", "/plan", "/rules", "/telling", "/overview"):  # no page breaks on nothing
        assert client.get(path).status_code == 200, path
    series.close()
    engine.dispose()


def test_what_is_there_is_ticked_and_the_roles_nobody_has_are_named(deps: Deps) -> None:
    with db.read(deps.engine) as conn:
        steps = {one.step: one for one in first_steps(conn, SCHOOL)}
    assert [step for step, one in steps.items() if not one.done] == ["channels"]
    assert steps["people"].missing == ()
    assert steps["rules"].count == len(load_rules().rules)


def test_the_page_of_a_school_that_lacks_a_channel_says_so_alone(sign_in: SignIn) -> None:
    page = sign_in("admin").get("/admin").text
    assert "steps-title" in page
    assert page.count('class="next"') == 1
