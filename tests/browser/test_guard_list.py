"""The guard's list under a guard's hands: it groups, it holds still under the pointer, and keys do everything."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from alerts.tables import alarms
from campus import db
from campus.events import SensorAlarm
from tests.browser.conftest import Console, Visitor
from tests.browser.test_accessible import findings

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def twin(console: Console, rule: str, number: int) -> None:
    """Another alarm of the same rule at the same place, about another thing."""
    with db.write(console.play.engine) as conn:
        row = dict(conn.execute(sa.select(alarms).where(alarms.c.rule.contains(rule)).limit(1)).mappings().one())
        conn.execute(alarms.insert().values(row | {"id": f"twin-{number}", "subject": f"twin-{number}"}))


def top_of(page: Page, text: str) -> float:
    return float(page.locator("#alarms").get_by_text(text).first.bounding_box()["y"])  # type: ignore[index]


def test_alarms_of_one_rule_at_one_place_stand_together(visit: Visit, console: Console) -> None:
    for number in range(3):
        twin(console, "co2", number)
    page = visit().sign_in("guard", "en")
    group = page.locator("#alarms .group")
    expect(group).to_have_count(1)
    expect(group.locator(".alarm")).to_have_count(1)
    expect(group.locator(".group-open")).to_have_text("4 of this kind here")
    group.locator(".group-open").click()
    expect(group.locator(".alarm")).to_have_count(4)
    assert findings(page) == []
    group.locator(".group-all").click()
    expect(group.locator(".alarm.fresh")).to_have_count(0)


def test_nothing_moves_under_the_pointer_and_what_is_new_is_counted(visit: Visit, console: Console) -> None:
    page = visit().sign_in("guard", "en")
    last = page.locator("#alarms .alarm strong").last.inner_text()
    page.locator("#alarms").get_by_text(last).hover()
    before = top_of(page, last)
    console.play.say("smoke-library", SensorAlarm(kind="smoke", active=True))
    expect(page.locator("#held")).to_have_text("1 new, show")
    expect(page.locator("#open-count")).to_contain_text("7")
    assert top_of(page, last) == before
    expect(page.locator("#alarms").get_by_text("Smoke")).to_have_count(0)
    page.mouse.move(900, 700)
    expect(page.locator("#alarms").get_by_text("Smoke")).to_have_count(1)
    expect(page.locator("#held")).to_be_hidden()


def test_keys_alone_choose_acknowledge_shelve_and_turn_floors(visit: Visit, console: Console) -> None:
    page = visit().sign_in("guard", "en")
    page.keyboard.press("j")
    page.keyboard.press("j")
    third = page.locator("#alarms .alarm").nth(2)
    expect(third).to_have_attribute("aria-current", "true")
    expect(third).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#d-who")).to_contain_text("王建国")
    page.keyboard.press("2")
    expect(page.locator("#floors [aria-pressed=true]")).to_have_text("Floor 2")
    page.keyboard.press("s")
    page.locator("#shelve-reason").fill("known")
    page.keyboard.press("a")  # a letter in a field is a letter
    page.keyboard.press("Enter")
    expect(page.locator("#shelf-count")).to_have_text("1")
