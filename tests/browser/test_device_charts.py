"""The page of a device in a real browser: the chart, its table, comparing, moving by keys, and no library."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dashboards.assets import has_charts
from dashboards.pages import frame
from tests.browser.conftest import SIZES, Console, Size, Visitor
from tests.browser.test_accessible import findings

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


@pytest.mark.parametrize("size", SIZES)
def test_readings_are_drawn_compared_moved_and_read_as_a_table(visit: Visit, console: Console, size: Size) -> None:
    visitor = visit(size)
    page = visitor.sign_in("facility", "zh" if size == "desk" else "en")
    page.locator("#rows").get_by_text("env-a-202").click()
    page.locator("#file-page").click()
    page.locator("#metrics button").first.wait_for()
    if has_charts():
        expect(page.locator("#chart canvas").first).to_be_visible()
        expect(page.locator("#chart")).to_have_attribute("aria-label", re.compile("1900"))
    page.locator("#spans [data-span='6h']").click()
    page.locator("#compare-with").fill("env-a-105")
    page.locator("#compare button").click()
    expect(page.locator("#others li")).to_have_count(1)
    if page.locator("#values-box").is_hidden():
        page.locator("#as-table").press("Enter")
    expect(page.locator("#values-head th")).to_have_count(5)  # the time, two metrics of two devices
    before = page.locator("#values tr").count()
    page.locator("[data-move=in]").press("Enter")
    expect(page.locator("#values tr")).not_to_have_count(before)
    expect(page.locator("#marks li")).to_have_count(1)
    assert "with=env-a-105" in page.url
    assert visitor.overflow() <= 0
    assert findings(page) == []


def test_without_the_library_the_page_says_so_and_shows_the_table(
    visit: Visit, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "has_charts", lambda: False)
    page = visit().sign_in("facility")
    page.goto(f"{console.url}/devices/env-a-202")
    expect(page.locator("#no-library")).to_contain_text("scripts/vendor")
    expect(page.locator("#values tr").first).to_be_visible()


def test_an_agent_is_told_and_its_answers_are_listed(visit: Visit, console: Console) -> None:
    page = visit().sign_in("facility", "en")
    page.goto(f"{console.url}/devices/edge-cameras")
    for seconds in (20, 60):
        page.locator("#config-edit").click()
        page.locator("#config-text").fill(f'{{"heartbeat_s": {seconds}}}')
        page.locator("#config-box button.primary").click()
        expect(page.locator("#config-box")).to_be_hidden()
    page.locator("#revisions summary").nth(1).click()
    page.locator("#revisions [data-back]:visible").click()
    page.locator("#sure-ok").click()
    expect(page.locator("#revisions > li")).to_have_count(3)
    expect(page.locator("#revisions > li").first).to_contain_text("back to revision 1")
    page.locator("#config-edit").click()
    page.locator("#config-text").fill('{"heartbeat_s": }')
    page.locator("#config-box button.primary").click()
    expect(page.locator("#config-error")).to_contain_text("no JSON")
    assert findings(page) == []
    page.locator("#config-box [data-close]").click()
    page.locator("[data-command=identify]").click()
    expect(page.locator("#orders > li")).to_have_count(1)
