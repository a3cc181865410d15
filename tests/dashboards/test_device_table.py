"""The device table as a file: complete, readable by a spreadsheet, and never run by one."""

import csv
import io

import msgspec
import pytest
import sqlalchemy as sa

from dashboards.deps import Deps
from dashboards.views.device_table import COLUMNS, csv_of
from dashboards.views.devices import lines
from devices.tables import devices
from tests.dashboards.conftest import SignIn


def test_the_file_holds_every_device_of_the_school_and_its_strangers(sign_in: SignIn, seeded: sa.Engine) -> None:
    answer = sign_in("facility").get("/api/v1/devices/table.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    with seeded.connect() as conn:
        known = set(conn.execute(sa.select(devices.c.id)).scalars())
    assert {row["id"] for row in rows if row["state"] != "quarantined"} == known
    assert [row["id"] for row in rows if row["state"] == "quarantined"] == ["env-x99"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "＝HYPERLINK(1)", "\n=1", "＠SUM(1)"])
def test_a_name_that_begins_like_a_formula_stays_a_name(deps: Deps, name: str) -> None:
    with deps.engine.connect() as conn:
        line = lines(conn, deps.school.id, deps.clock.now())[0]
    file = csv_of([msgspec.structs.replace(line, name_en=name)]).decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(file)))["name_en"] == f"'{name}"
