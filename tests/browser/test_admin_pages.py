"""The administrator's pages in a real browser: rules drafted by the schema, checked line by line, tried."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Visitor
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
