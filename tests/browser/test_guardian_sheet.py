"""The office brings guardians by a sheet and removes one, on the page; a wrong line stands there by its number."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import expect

from attendance.tables import students
from campus import db
from tests.browser.conftest import Console, Visitor
from tests.dashboards.console_seed import OWN_CLASS, PASSWORD

HEAD = "guardian,name,student,relation,phone,language,wants"


def test_a_sheet_is_mended_looked_at_and_taken_and_a_guardian_removed(
    visit: Callable[..., Visitor], console: Console, tmp_path: Path
) -> None:
    with db.read(console.play.engine) as conn:
        student = conn.execute(sa.select(students.c.id).where(students.c.class_id == OWN_CLASS)).scalars().first()
    office = visit("phone")
    page = office.page
    page.goto(office.url)
    page.get_by_role("button", name="EN").click()
    page.fill("#login", "office")
    page.fill("#password", PASSWORD)
    with page.expect_navigation():
        page.locator("form[action='/sign-in'] button").click()
    page.goto(f"{office.url}/guardians/{OWN_CLASS}")
    page.click("#bring")
    sheet = tmp_path / "guardians.csv"
    sheet.write_text(f"{HEAD}\np-1,王大明,{student},father,call me,zh,absent\n", encoding="utf-8")
    page.set_input_files("#sheet-file", sheet)
    expect(page.locator(".file-name")).to_have_text("guardians.csv")  # in our words, not in the browser's
    with page.expect_response("**/guardian-sheet/dry-run"):
        page.click("#sheet-look")
    expect(page.locator("#sheet-wrong")).to_contain_text("line 2")
    office.wrong.clear()  # the browser logs a refused request by itself
    sheet.write_text(f"{HEAD}\np-1,王大明,{student},father,13800138000,zh,absent\n", encoding="utf-8")
    page.set_input_files("#sheet-file", sheet)
    page.click("#sheet-look")
    expect(page.locator("#sheet-sum")).to_contain_text("1 new")
    page.click("#sheet-take")
    line = page.locator(".kin-line", has_text="王大明")
    expect(line).to_be_visible()
    assert office.overflow() <= 0
    line.locator(".kin-edit").click()
    page.click("#remove")
    expect(page.locator("#remove")).to_contain_text("王大明")
    page.click("#remove")
    expect(line).to_have_count(0)
