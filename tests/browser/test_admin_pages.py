"""The administrator's pages in a real browser: rules drafted by the schema, checked line by line, tried."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from alerts.telling.in_force import put
from alerts.telling.tables import endpoints
from campus import db
from dashboards.access.accounts import all_accounts
from dashboards.tables import accounts
from tests.browser.conftest import Console, Language, Size, Visitor
from tests.browser.test_accessible import findings

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_a_rule_is_drafted_by_the_schema_and_its_mistakes_are_told_by_line(visit: Visit, console: Console) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("admin", "en")
    page.goto(f"{console.url}/rules")
    page.locator("#search").fill("co2")
    expect(page.locator("#rules > li:visible")).to_have_count(2)
    page.locator("#kind").select_option(label="threshold")
    page.locator("#insert").click()
    expect(page.locator("#text")).to_have_value(re.compile("kind: threshold"))
    expect(page.locator("#verdict")).to_contain_text("Line 8")
    expect(page.locator("#lines .wrong")).to_have_text("8")
    assert findings(page) == []
    page.locator("#text").fill("without: [door-open]\n")
    expect(page.locator("#verdict")).to_contain_text("switches off door-open")
    expect(page.locator("#put")).to_be_disabled()  # this console has no rules file, and the page says what to do
    expect(page.locator("#no-file")).to_be_visible()
    assert visitor.overflow() <= 0
    page.keyboard.press("Tab")
    page.locator("h2").first.click()
    page.keyboard.press("?")
    expect(page.locator("#help-body")).to_contain_text("Put in force")
    assert findings(page) == []


ROUTES = """root:
  name: school
  levels: [{to: [guard], by: [group]}]
  routes:
    - name: life
      severities: [critical]
      levels:
        - {to: [guard], by: [group]}
        - {after_s: 120, to: [facility], by: [sms]}
"""


@pytest.mark.parametrize(("size", "language"), [("desk", "zh"), ("phone", "en")])
def test_routes_are_judged_tried_saved_and_not_saved_over_somebody_else(
    visit: Visit, console: Console, size: Size, language: Language
) -> None:
    with db.write(console.play.engine) as conn:
        now = console.play.clock.now()
        known = (("group", "warning"), ("sms", "critical"))
        rows = [{"name": name, "kind": "test", "min_severity": least, "seen_at": now} for name, least in known]
        conn.execute(endpoints.insert(), rows)
    visitor = visit(size)
    page = visitor.sign_in("admin", language)
    page.goto(f"{console.url}/telling")
    page.locator("a[href='/routes']").click()
    expect(page.locator("#gaps li")).to_have_count(1)  # the default tells nobody of what is no warning
    page.locator("#text").fill(ROUTES.replace("levels: [{to", "level: [{to"))
    expect(page.locator("#verdict")).to_contain_text("did you mean `levels`?")
    expect(page.locator("#lines .wrong")).to_have_text("3")
    expect(page.locator("#put")).to_be_disabled()
    page.locator("#text").fill(ROUTES.replace("[facility]", "[]"))
    expect(page.locator("#draft-gaps li")).to_contain_text("school/life")
    page.locator("#text").fill(ROUTES)
    expect(page.locator("#draft-gaps li")).to_have_count(0)
    titles = {"zh": ["二氧化碳过高", "夜间有人"], "en": ["CO2 too high", "Someone is there at night"]}
    for rule, title in zip(("co2-high", "present-at-night"), titles[language], strict=True):
        expect(page.locator(f"#rule option[value={rule}]")).to_have_text(f"{title} · {rule}")
    page.locator("#rule").select_option("smoke")
    page.locator("#trial button").click()
    expect(page.locator("#steps li")).to_have_count(2)
    expect(page.locator("#steps li").last).to_contain_text("sms")
    page.locator("#draft-box summary").click()
    expect(page.locator("#draft-table tbody")).to_have_count(2)
    assert findings(page) == []
    assert visitor.overflow() <= 0

    def save() -> None:
        page.locator("#put").click()
        page.locator("#reason").fill("测试")
        page.locator("#put-box button.primary").click()

    save()
    expect(page.locator("#table tbody")).to_have_count(2)
    expect(page.locator("#origin")).to_contain_text("2")
    with db.write(console.play.engine) as conn:
        put(conn, None, ROUTES + "# other", "x", "meanwhile", console.play.clock.now(), ["group", "sms"])
    page.locator("#text").fill(ROUTES + "# mine")
    expect(page.locator("#put")).to_be_enabled()
    save()
    expect(page.locator("#overtaken")).to_contain_text("3")
    assert len(visitor.wrong) == 1
    visitor.wrong.clear()  # the browser notes the 412 by itself
    expect(page.locator("#text")).to_have_value(ROUTES + "# mine")
    assert findings(page) == []
    page.locator("#put-box [data-close]").wait_for(state="hidden")
    expect(page.locator("#put")).to_be_enabled()
    save()
    expect(page.locator("#origin")).to_contain_text("4")
    expect(page.locator("#overtaken")).to_be_hidden()
    page.locator("#revisions-box summary").click()
    page.locator("#revisions li").last.locator("button").click()
    expect(page.locator("#text")).to_have_value(re.compile("everyone"))
    assert visitor.overflow() <= 0


@pytest.mark.parametrize(("size", "language"), [("desk", "zh"), ("phone", "en")])
def test_an_account_that_somebody_else_changed_meanwhile_is_not_saved_over_and_is_loaded_anew(
    visit: Visit, console: Console, size: Size, language: Language
) -> None:
    visitor = visit(size)
    page = visitor.sign_in("admin", language)
    page.goto(f"{console.url}/admin")
    with db.read(console.play.engine) as conn:
        guard = next(one for one in all_accounts(conn, console.school) if one.login == "guard")
    page.locator("#accounts > *").filter(has_text=guard.name).locator(".doings button").first.click()
    expect(page.locator("#edit-name")).to_have_value(guard.name)
    with db.write(console.play.engine) as conn:
        conn.execute(accounts.update().where(accounts.c.id == guard.id).values(name="Luo"))
    page.locator("#edit-name").fill("Guo")
    page.locator("#account-box form .primary").click()
    told = page.locator("#toasts .toast-bad")
    expect(told).to_contain_text({"zh": "其他人已先保存", "en": "Somebody else saved first"}[language])
    assert visitor.overflow() <= 0
    assert findings(page) == []
    told.get_by_role("button").first.click()
    expect(page.locator("#edit-name")).to_have_value("Luo")
    expect(page.locator("#account-box")).to_be_visible()
    assert len(visitor.wrong) == 1
    visitor.wrong.clear()  # the browser notes the 412 by itself
