"""The monthly report of the devices, opened as its reader would open it."""

import io
from datetime import timedelta

import openpyxl
import pypdf
from console_seed import NOW, SCHOOL, ZONE

from campus import db
from dashboards.deps import Deps
from devices.presence.report import month_lines
from tests.dashboards.conftest import SignIn

MONTH = NOW.strftime("%Y-%m")


def test_the_spreadsheet_has_a_row_for_each_device_and_numbers_that_are_numbers(sign_in: SignIn) -> None:
    client = sign_in("facility")
    answer = client.get("/api/v1/device-report")
    assert f"devices-{MONTH}.xlsx" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))[MONTH]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    lines = client.get("/api/v1/devices").json()["devices"]
    assert {row[0] for row in rows} == {line["id"] for line in lines if line["state"] != "quarantined"}
    shares = [row[4] for row in rows if row[4] != "—"]
    assert shares == sorted(shares)
    assert all(isinstance(share, int | float) and 0 <= share <= 100 for share in shares)


def test_the_document_says_how_many_missed_the_target_in_both_languages(sign_in: SignIn) -> None:
    answer = sign_in("facility").get(f"/api/v1/device-report?form=pdf&month={MONTH}")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "设备月报" in text
    assert "missed the target" in text


def test_a_month_that_is_over_keeps_its_figures(deps: Deps) -> None:
    with db.read(deps.engine) as conn:
        lines = month_lines(conn, SCHOOL, MONTH, NOW + timedelta(days=40), ZONE)
    heard = [line.month for line in lines if line.month]
    assert heard
    assert {month.month for month in heard} == {MONTH}


def test_a_month_before_the_devices_has_no_figures_and_text_that_is_no_month_is_refused(sign_in: SignIn) -> None:
    client = sign_in("facility")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/api/v1/device-report?month=2020-01").content))["2020-01"]
    assert {row[4] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"—"}
    assert client.get("/api/v1/device-report?month=soon").status_code == 404
