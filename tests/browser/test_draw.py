"""The drawing page of an edge agent in a browser: by mouse, by keyboard, at desk and phone, in both languages."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.rendered import SceneSource
from edge_agent.draw.live import LivePicture
from edge_agent.draw.server import DrawServer
from edge_agent.settings import Camera, load_edge
from tests.browser.conftest import SIZES
from tests.edge_agent.test_draw_document import FILE

pytestmark = pytest.mark.browser


@pytest.fixture
def edge_toml(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def address(edge_toml: Path) -> Iterator[str]:
    server = DrawServer(edge_toml, "cam-1", LivePicture(SceneSource(5.0), MotionDetector()), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server.address
    server.stop()
    thread.join(timeout=10)
    server.close()


@pytest.fixture
def wrong() -> Iterator[list[str]]:
    """What should not happen in a browser; nothing did, when the test is over."""
    found: list[str] = []
    yield found
    assert found == []


def visit(browser: Browser, address: str, size: str, locale: str, wrong: list[str]) -> Page:
    width, height = SIZES[size]  # type: ignore[index]
    page = browser.new_context(viewport={"width": width, "height": height}, locale=locale).new_page()
    host = address.split("/?")[0]
    page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((host, "data:")) else wrong.append(asked.url))
    page.goto(address)
    page.wait_for_function("document.getElementById('picture').naturalWidth > 0")
    return page


def camera_of(path: Path) -> Camera:
    return load_edge(path).cameras[0]


def test_a_zone_is_drawn_with_the_mouse_named_and_saved(
    browser: Browser, address: str, edge_toml: Path, wrong: list[str]
) -> None:
    page = visit(browser, address, "desk", "zh-CN", wrong)
    page.get_by_role("button", name="区域", exact=True).click()
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.35 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.25 * box["height"], steps=4)
    page.mouse.up()
    page.get_by_label("名称").fill("stairs")
    page.get_by_label("容量（人").fill("25")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#saved")).to_contain_text("已保存")
    zone = camera_of(edge_toml).zones[-1]
    assert (zone.name, zone.capacity) == ("stairs", 25)
    assert zone.polygon[0] == pytest.approx((0.2, 0.25), abs=0.01)
    assert "# north fence" in edge_toml.read_text(encoding="utf-8")
    page.context.close()


def test_by_keyboard_alone_on_a_phone_a_line_is_turned_and_a_zone_deleted(
    browser: Browser, address: str, edge_toml: Path, wrong: list[str]
) -> None:
    page = visit(browser, address, "phone", "en", wrong)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    page.locator("[data-add=lines]").focus()
    page.keyboard.press("Enter")  # the first corner has the focus now
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    page.locator("[data-doing=swap]").focus()
    page.keyboard.press("Enter")
    page.locator("#list button").nth(1).focus()
    page.keyboard.press("Enter")
    page.locator("[data-doing=remove]").focus()
    page.keyboard.press("Enter")
    page.locator("#save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("Saved")
    camera = camera_of(edge_toml)
    assert [zone.name for zone in camera.zones] == ["fence"]
    assert (camera.lines[0].a, camera.lines[0].b) == ((0.5, 0.35), (0.55, 0.845))
    page.context.close()


def test_what_the_agent_would_refuse_is_said_and_can_be_mended(
    browser: Browser, address: str, edge_toml: Path, wrong: list[str]
) -> None:
    page = visit(browser, address, "desk", "en", wrong)
    page.locator("#list button").first.click()
    page.get_by_label("Name").fill("old")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("'old' is there twice")
    assert edge_toml.read_text(encoding="utf-8") == FILE
    page.get_by_label("Name").fill("north")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_contain_text("Saved")
    found = Axe().run(page)
    assert found.response["violations"] == []
    wrong[:] = [said for said in wrong if "422" not in said]  # the browser notes the refusal itself
    page.context.close()
