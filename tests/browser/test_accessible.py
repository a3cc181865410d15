"""axe-core finds nothing on any page, in both languages, light and dark, on a desk and a phone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from dashboards.access.roles import PAGES as MENU
from tests.browser.conftest import Console, Language, Size, Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
PAGES = {
    "guard": ("/console", "/load", "/muster", "/devices", "/me"),
    "teacher": ("/roll", "/leave", "/guardians", "/warnings", "/muster"),
    "facility": ("/devices", "/coverage", "/plan", "/enrolment", "/maintenance", "/firmware", "/roll-outs", "/help"),
    "office": ("/on-site", "/overview"),
    "doctor": ("/illness",),
    "bureau": ("/overview",),
    "admin": ("/admin", "/rules", "/routes", "/telling", "/roster"),
}
SETTINGS: list[tuple[Size, Language, str]] = [("desk", "zh", "light"), ("phone", "en", "dark")]


def findings(page: Page, within: str | None = None, rules: list[str] | None = None) -> list[str]:
    """What axe-core objects to, on the page or ``within`` a part of it: the rule, and where."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = Axe().run(page, within, options).response["violations"]
    return [f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:4]}" for one in found]


def wear(page: Page, theme: str) -> None:
    """Choose light or dark, if it is not chosen yet."""
    switch = page.locator(f"button[name=theme][value={theme}]")
    if switch.count():
        switch.click()


@contextmanager
def in_the_other_theme(page: Page) -> Iterator[None]:
    """The page in dark if it is light, and the other way round."""
    turn = (
        "document.documentElement.dataset.theme = document.documentElement.dataset.theme == 'dark' ? 'light' : 'dark'"
    )
    page.evaluate(turn)
    yield
    page.evaluate(turn)


def test_no_page_of_the_menu_is_left_out() -> None:
    assert {f"/{page}" for page, _ in MENU} <= {path for pages in PAGES.values() for path in pages}


@pytest.mark.parametrize(("size", "language", "theme"), SETTINGS)
def test_axe_finds_nothing_at_the_door(
    look: Visit, looked_at: Console, size: Size, language: Language, theme: str
) -> None:
    visitor = look(size)
    visitor.page.goto(looked_at.url)
    visitor.turn_to(language)
    wear(visitor.page, theme)
    assert findings(visitor.page) == []


@pytest.mark.parametrize(("size", "language", "theme"), SETTINGS)
@pytest.mark.parametrize("role", PAGES)
def test_axe_finds_nothing(
    look: Visit, looked_at: Console, role: str, size: Size, language: Language, theme: str
) -> None:
    visitor = look(size)
    page = visitor.sign_in(role, language)
    wear(page, theme)
    for path in PAGES[role]:
        page.goto(looked_at.url + path)
        visitor.arrive()
        assert findings(page) == [], path


def test_axe_finds_nothing_while_an_incident_runs_and_in_the_dialogues(visit: Visit, console: Console) -> None:
    page = visit().sign_in("guard")
    page.locator("#alarms > li button").first.click()
    page.locator("#acts [data-act=resolve]").click()
    assert findings(page) == [], "resolve"
    page.locator("#resolve-box [data-close]").click()
    page.goto(f"{console.url}/muster")
    page.locator("#begin button[value=lockdown]").click()
    assert findings(page) == [], "begin"
    page.locator("#begin-box button.primary").click()
    page.locator("#classes > li").first.wait_for()
    assert findings(page) == [], "muster"
    page.locator("#all-clear").click()
    assert findings(page, "dialog[open]") == [], "end"
    phone = visit("phone").sign_in("teacher")
    phone.goto(f"{console.url}/roll")
    phone.locator("#faces button").first.click()
    phone.locator("#pupil-box").wait_for()
    assert findings(phone) == [], "student"
