"""The bureau's city in a browser: by keyboard, at both widths, fresh by itself, and nothing for axe to object to."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from alerts.tables import alarms
from campus import changes, db
from cli.demo import city as demo_city
from dashboards.city.keeper import CityKeeper
from tests.browser.conftest import Console, Visitor
from tests.browser.test_accessible import findings, wear
from tests.dashboards.console_seed import DAY, ZONE

pytestmark = pytest.mark.browser


def test_the_city_answers_which_school_needs_somebody(visit: Callable[..., Visitor], console: Console) -> None:
    engine, now = console.play.engine, console.play.clock.now()
    with db.write(engine) as conn:
        demo_city.fill(conn, DAY, now, ZONE)
    CityKeeper(engine, console.play.clock, ZONE).step()
    desk, phone = visit(), visit("phone")
    page = desk.sign_in("bureau")
    assert page.locator(".needs > li").count() == 12
    assert findings(page) == []
    page.locator(".map a[href='/overview?district=waterside']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("水乡区")
    expect(page.locator(".needs > li")).to_have_count(4)
    page.locator("#live-state[data-state=live]").wait_for()
    with db.write(engine) as conn:
        conn.execute(alarms.update().where(alarms.c.school == "waterside-1").values(state="closed"))
        changes.append(conn, now, "waterside-1", "alarm", "of-the-demo")
        assert conn.execute(sa.select(sa.func.count()).where(alarms.c.state == "closed")).scalar_one() == 2
    expect(page.locator(".needs > li").first).to_contain_text("荷塘小学")
    small = phone.sign_in("bureau", "en")
    wear(small, "dark")
    small.locator("[data-theme=dark] #live-state[data-state=live]").wait_for()
    assert phone.overflow() <= 0
    assert findings(small) == []
    needs, drawn = small.locator(".needs").bounding_box(), small.locator(".map").bounding_box()
    assert needs is not None
    assert drawn is not None
    assert needs["y"] + needs["height"] <= drawn["y"]
    small.get_by_role("link", name="Harbour Middle School").first.click()
    expect(small.locator("h1")).to_have_text("Harbour Middle School")
    assert phone.overflow() <= 0
