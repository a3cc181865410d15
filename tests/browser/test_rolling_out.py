"""A change for many computers: tried dry, begun with one, stopped and taken back, on a desk and a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from campus import db
from devices.control import configuration
from devices.control.stage import ControlStage
from tests.browser.conftest import Console, Language, Size, Visitor
from tests.dashboards.console_seed import NOW, ZONE

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


@pytest.mark.parametrize(("size", "language"), [("desk", "zh"), ("phone", "en")])
def test_a_facility_manager_tries_a_change_dry_begins_it_and_takes_it_back(
    visit: Visit, console: Console, size: Size, language: Language
) -> None:
    visitor = visit(size)
    page = visitor.sign_in("facility", language)
    page.goto(f"{console.url}/roll-outs")
    page.click("#new")
    boxes = page.locator("#n-agents input")
    every = boxes.count()
    devices = [str(box.get_attribute("value")) for box in boxes.all()]
    page.select_option("#n-kind", "camera")
    expect(boxes).not_to_have_count(every)
    page.select_option("#n-kind", "")
    page.fill("#n-settings", "{")
    page.click("#try")
    expect(page.locator("#new-wrong")).to_contain_text("JSON")
    page.fill("#n-settings", '{"heartbeat_s": 15}')
    expect(page.locator("#begin")).to_be_disabled()
    page.click("#try")
    expect(page.locator("#effects > li")).to_have_count(every)
    expect(page.locator("#effects")).to_contain_text("heartbeat_s")
    assert visitor.overflow() <= 0
    page.click("#begin")
    line = page.locator("#campaigns > li")
    expect(line).to_have_count(1)

    with db.write(console.play.engine) as conn:
        ControlStage(ZONE).tick(conn, NOW)
        configuration.settle(conn, console.school, devices[0], 1, NOW, ok=False, detail="no such camera")
        ControlStage(ZONE).tick(conn, NOW)
    page.reload()
    expect(line).to_contain_text("no such camera")
    line.locator("summary").click()
    assert visitor.overflow() <= 0
    line.locator("[data-act=back]").click()
    page.locator("#back-box [data-close]").click()
    line.locator("[data-act=back]").click()
    page.click("#back-ok")
    expect(line.locator("[data-act=back]")).to_be_hidden()
    expect(line.locator(".history li")).to_have_count(3)
