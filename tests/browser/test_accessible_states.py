"""axe-core finds nothing in what a page shows after a touch: dialogues, refusals, codes, reports, in light and dark."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from simulator.school import city
from tests.browser.conftest import Console, Visitor
from tests.browser.test_accessible import findings, in_the_other_theme
from tests.dashboards.console_seed import OWN_CLASS, PASSWORD

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
# What is touched on a page, one after the other; each dialogue is looked at, and the page at the end of its touches.
TOUCHES = {
    "guard": {
        "/console": ("#acts [data-act=shelve]", "#shelve-box [data-close]", "#hand-over"),
        "/console?wall=1": (),
        "/devices": ("#rows button", "#upkeep-begin"),
    },
    "teacher": {
        f"/roll/{OWN_CLASS}": ("#pick-many", "#many-open"),
        f"/leave/{OWN_CLASS}": ("#new", "#new-form summary"),
    },
    "office": {
        f"/guardians/{OWN_CLASS}": ("#add",),
        f"/roll/{OWN_CLASS}?day=2026-09-04": (),
    },
    "facility": {
        "/devices/env-a-202": ("#calibration-edit",),
        "/devices/edge-1": ("#config-edit", "#config-box [data-close]", "#ask [data-command=restart]"),
        "/enrolment": ("[data-act=adopt]", "#adopt-box [data-close]", "[data-act=code]"),
        "/firmware": ("#new-file",),
        "/maintenance": ("#new", "#new-box [data-close]", "#new-check", "#check-box [data-close]", "#new-part"),
    },
    "admin": {
        "/admin": ("#dead summary", "#new-token", "#token-box [data-close]", "#accounts tr:nth-child(2) button"),
        "/telling": ("#new-shift",),
        "/nowhere": (),
    },
}


def hold(page: Page, where: str, within: str | None = None) -> None:
    """Nothing for axe to object to on the page, or in a part of it, in light and dark."""
    assert findings(page, within) == [], where
    with in_the_other_theme(page):
        assert findings(page, within, ["color-contrast"]) == [], where


@pytest.mark.parametrize("role", TOUCHES)
def test_axe_finds_nothing_in_what_a_touch_opens(look: Visit, looked_at: Console, role: str) -> None:
    visitor = look("phone")
    page = visitor.sign_in(role, "en")
    for path, touches in TOUCHES[role].items():
        page.goto(looked_at.url + path)
        if path != "/nowhere":
            visitor.arrive()
        for touch in touches:
            page.locator(touch).first.click()
            if page.locator("dialog[open]").count():
                hold(page, f"{path} {touch}", "dialog[open]")
        if not page.locator("dialog[open]").count():
            hold(page, path)
    visitor.wrong[:] = [said for said in visitor.wrong if "404" not in said]  # the browser notes what is not there


def test_axe_finds_nothing_on_the_way_in_and_in_a_second_factor(visit: Visit, console: Console) -> None:
    page = visit("phone").sign_in("facility", "en")
    page.goto(f"{console.url}/me")
    page.locator(".own details summary").click()
    hold(page, "setting up")
    secret = pyotp.TOTP(str(page.locator("input[name=secret]").get_attribute("value")))
    page.fill("#code", secret.now())
    page.locator("form[action='/me/second-factor'] button").click()
    expect(page.locator(".codes li").first).to_be_visible()
    hold(page, "recovery codes")
    page.locator("form[action='/sign-out'] button").click()
    page.fill("#login", "facility")
    page.fill("#password", PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    expect(page.locator("form[action='/sign-in/code']").first).to_be_visible()
    hold(page, "asked for the code")
    page.goto(f"{console.url}/enrol?device=env-a-105&code=x")
    hold(page, "enrolment for somebody with a device in hand")


def test_axe_finds_nothing_in_what_was_refused_and_what_would_change(
    visit: Visit, console: Console, seeded_school: Path, tmp_path: Path
) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("admin", "en")
    roster = shutil.make_archive(str(tmp_path / "roster"), "zip", seeded_school / "files" / "oneroster")
    broken, map_ = tmp_path / "broken.zip", tmp_path / "city.geojson"
    broken.write_bytes(b"no zip")
    map_.write_bytes(city.geojson())
    page.goto(f"{console.url}/roster")
    page.set_input_files("#file", roster)
    page.locator("#look-now").click()
    expect(page.locator("#report")).to_be_visible()
    hold(page, "dry run of a roster")
    page.goto(f"{console.url}/admin")
    page.set_input_files("#city-file", map_)
    page.locator("#city-look").click()
    expect(page.locator("#city-take")).to_be_visible()
    hold(page, "dry run of a city", "main")
    page.goto(f"{console.url}/roster")
    page.set_input_files("#file", broken)
    page.locator("#look-now").click()
    expect(page.locator("#wrong")).to_be_visible()
    hold(page, "a roster that is none")
    visitor.wrong.clear()  # the browser's own words about what was refused
