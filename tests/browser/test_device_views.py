"""The device table as a person wants it, kept by a name; the coverage map."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Visitor
from tests.browser.test_accessible import findings

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def test_the_table_is_sorted_filtered_saved_and_found_again_elsewhere(visit: Visit, console: Console) -> None:
    page = visit().sign_in("facility", "en")
    page.locator("#kind").select_option("camera")
    page.locator("[data-sort=name]").click()
    page.locator("[data-sort=name]").click()
    expect(page.locator("th:has([data-sort=name])")).to_have_attribute("aria-sort", "descending")
    names = page.locator("#rows [data-slot=name]").all_inner_texts()
    assert names == sorted(names, reverse=True)
    page.locator("#view-save").click()
    page.locator("#view-name").fill("Cameras")
    page.locator("#view-box button.primary").click()
    expect(page.locator("#view option")).to_have_count(2)
    elsewhere = visit("phone").sign_in("facility", "en")
    elsewhere.locator("#view option", has_text="Cameras").wait_for(state="attached")
    elsewhere.locator("#view").select_option(label="Cameras")
    expect(elsewhere.locator("#rows > tr")).to_have_count(len(names))
    assert "kind=camera" in elsewhere.url
    elsewhere.goto(f"{console.url}/coverage")
    expect(elsewhere.locator("#blind > li")).to_have_count(2)
    elsewhere.locator("#blind").get_by_text("Laboratory building, floor 2").click()
    expect(elsewhere.locator("#floors [aria-pressed=true]")).to_have_text("Floor 2")
    assert findings(elsewhere) == []
    assert int(elsewhere.evaluate("document.documentElement.scrollWidth - window.innerWidth")) <= 0
