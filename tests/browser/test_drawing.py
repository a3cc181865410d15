"""The plan drawn by hand and by keys, and what the guard sees of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Visitor
from tests.browser.test_accessible import findings

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 640"><rect width="90" height="90"/></svg>'


def test_a_camera_is_dragged_turned_by_a_key_and_seen_by_the_guard(visit: Visit, console: Console) -> None:
    visitor = visit()
    page = visitor.sign_in("facility", "en")
    page.goto(f"{console.url}/plan")
    dot = page.locator("[data-device=cam-6]")
    box = dot.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=3)
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    moved = int(page.locator("#x").input_value())
    assert moved > 620
    page.locator("#map-title").click()
    with page.expect_response("**/api/v1/plan/devices/cam-6"):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("]")
    page.locator("#picture").set_input_files([{"name": "g.svg", "mimeType": "image/svg+xml", "buffer": SVG}])
    page.locator("#picture-form button").first.click()
    expect(page.locator("#plan image")).to_have_count(1)
    assert findings(page) == []
    assert visitor.overflow() <= 0
    guard = visit("phone").sign_in("guard", "en")
    expect(guard.locator("#plan .plan-sight")).to_have_count(1)
    expect(guard.locator("#plan image")).to_have_count(1)
    placed = guard.locator("#plan [data-device=cam-6]")
    assert float(placed.get_attribute("cx") or 0) == moved + 2
