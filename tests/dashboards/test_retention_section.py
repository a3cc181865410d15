"""The administrator sees what is kept how long, and what the last run forgot."""

import msgspec
from fastapi.testclient import TestClient

from campus import settings
from campus.retention import run
from cli.joins.forgetting import purges
from dashboards.app import create_app
from dashboards.deps import Deps
from tests.dashboards.conftest import BASE
from tests.dashboards.console_seed import NOW, PASSWORD


def test_the_page_shows_for_how_long_and_what_went(deps: Deps) -> None:
    kept = purges(settings.Settings().retention)
    run(deps.engine, kept, NOW)
    told = msgspec.structs.replace(deps, kept=tuple((one.what, one.days) for one in kept))
    with TestClient(create_app(told), base_url=BASE, headers={"Origin": BASE}) as client:
        client.post("/sign-in", data={"login": "admin", "password": PASSWORD})
        lines = {line["what"]: line for line in client.get("/api/v1/platform/retention").json()}
        assert lines["passes"]["days"] == 180
        assert lines["passes"]["rows"] == 0  # of this morning nothing is due
        assert lines["students_left"]["at"] is not None
        page = client.get("/admin").text
    assert "校门通行记录" in page
    assert "2026-09-07 10:12" in page
