"""The office, the doctor and the head: what each came for, in both languages, on a desk and a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campus.events import CameraIntrusion
from tests.browser.conftest import SIZES, Console, Visitor
from tests.browser.test_accessible import findings
from tests.dashboards.console_seed import OWN_CLASS

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]


def write_down(page: Page, student: int) -> str:
    """A guardian called: the child is ill, and stays at home today."""
    page.locator("#new").click()
    page.select_option("#f-student", index=student)
    page.select_option("#f-kind", "sick")
    page.select_option("#f-symptom", "fever")
    page.locator("#new-form [name=who][value=guardian]").check()
    name = page.locator("#f-student option:checked").inner_text()
    page.locator("#new-form button.primary").click()
    page.locator("#waits > li", has_text=name).get_by_text("批准", exact=True).click()
    expect(page.locator("#runs")).to_contain_text(name)
    return name


def test_the_office_writes_down_who_is_ill_and_the_doctor_follows_it_up(visit: Visit, console: Console) -> None:
    office, doctor = visit(), visit("phone")
    page = office.sign_in("office")
    page.goto(f"{console.url}/leave/{OWN_CLASS}")
    ill = [write_down(page, student) for student in (3, 4, 5)]
    expect(page.locator("#told")).to_contain_text("校医")  # the office sees that the doctor was asked
    assert findings(page) == []
    asked = doctor.sign_in("doctor", "en")
    case = asked.locator("#open > li")
    for name in ill:
        expect(case).to_contain_text(name)
    assert findings(asked) == []
    case.locator("input").fill("Guardians called, room aired")
    case.get_by_role("button", name="Write down and close").click()
    expect(asked.locator("#no-open")).to_be_visible()
    asked.locator("#earlier summary").click()
    expect(asked.locator("#closed")).to_contain_text("room aired")
    assert doctor.overflow() <= 0


def test_somebody_with_thirty_classes_finds_them_all_within_the_screen(look: Visit, looked_at: Console) -> None:
    office = look()
    page = office.sign_in("office", "en")
    for path in ("guardians", "roll"):
        page.goto(f"{looked_at.url}/{path}")
        for size in SIZES:
            office.resize(size)
            assert office.overflow() <= 0, (path, size)
    page.get_by_role("link", name="九年级10班").click()
    expect(page.locator("h1")).to_have_text("九年级10班")


def test_the_head_sees_an_alarm_and_the_whole_school_in_numbers_without_a_name(visit: Visit, console: Console) -> None:
    head = visit("phone")
    page = head.sign_in("head", "en")
    expect(page.locator("#classes > li").first).to_be_visible()
    expect(page.locator("nav.menu a")).to_have_count(2)  # numbers and the own account, nobody to look up
    before = page.locator("#alarms > li").count()
    console.play.say("cam-2", CameraIntrusion(zone="south-fence", track=9, confidence=0.93))
    expect(page.locator("#alarms > li")).to_have_count(before + 1)
    page.locator("body").press("?")
    expect(page.locator("#help-body h2, #help-body h3").first).to_be_visible()
    assert head.overflow() <= 0
