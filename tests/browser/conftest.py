"""The system's Chromium before a running console of the seeded school."""

import dataclasses
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from attendance.rollbook import RollBook
from campus import db
from campus.clock import VirtualClock
from campus.series.sqlite import SqliteSeries
from campus.settings import Dashboards, Settings
from cli.joins.people import SchoolPeople
from cli.joins.school_calendar import SchoolCalendar
from dashboards.deps import Deps
from dashboards.pages.frame import LANGUAGE_COOKIE
from dashboards.server import serve
from tests.conftest import free_port, unhurried
from tests.dashboards import console_seed
from tests.flow.running_school import eventually

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
Size = Literal["desk", "phone"]
Language = Literal["zh", "en"]
# Pages where nothing is live.
STILL = {
    "/me",
    "/load",
    "/guardians",
    "/warnings",
    "/enrolment",
    "/maintenance",
    "/firmware",
    "/roll-outs",
    "/help",
    "/plan",
    "/rules",
    "/routes",
    "/telling",
    "/roster",
}
expect.set_options(timeout=30_000)  # a busy machine is no failure; what is there sooner is not waited for
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclasses.dataclass(frozen=True)
class Console:
    """A running console, and somebody who speaks for the school's devices."""

    url: str
    play: console_seed.Play
    school: str = console_seed.SCHOOL


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; skips where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def console(seeded_school: Path, tmp_path: Path) -> Iterator[Console]:
    """A console of the test's own."""
    with running(seeded_school, tmp_path) as console:
        yield console


@pytest.fixture(scope="module")
def looked_at(seeded_school: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for all tests of a module that change nothing in it."""
    with running(seeded_school, tmp_path_factory.mktemp("looked-at")) as console:
        yield console


@contextmanager
def running(seeded_school: Path, tmp_path: Path) -> Iterator[Console]:
    """The console on a fresh copy of the seeded school, at 10:12 on its Monday, served over a real socket."""
    for name in ("campus.db", "series.db"):
        (tmp_path / name).write_bytes((seeded_school / name).read_bytes())
    engine = unhurried(tmp_path / "campus.db")
    series = SqliteSeries(tmp_path / "series.db")
    clock, port = VirtualClock(console_seed.NOW), free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Dashboards(port=port, base_url=url, files=tmp_path / "files")
    deps = Deps(
        engine=engine, series=series, clock=clock, dashboards=settings,
        people=SchoolPeople(RollBook(console_seed.ZONE)), calendar=SchoolCalendar(console_seed.ZONE),
    )  # fmt: skip
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(deps, stop))
    thread.start()
    play = console_seed.Play(engine, clock, Settings())
    with db.read(engine) as conn:
        play.registry.refresh(conn)
    assert eventually(lambda: is_listening(port))
    yield Console(url, play)
    stop.set()
    thread.join(timeout=20)
    series.close()
    engine.dispose()


def is_listening(port: int) -> bool:
    from cli.programs.broker import is_listening as answers

    return answers("127.0.0.1", port)


class Visitor:
    """A person at a window; remembers everything that should not happen in a browser."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.page: Page = context.pages[0]
        self.url = url
        self.wrong: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def _failed(self, error: Error) -> None:
        self.wrong.append(str(error))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:")):
            self.wrong.append(f"a request to elsewhere: {request.url}")

    def leave(self) -> None:
        """Leave the window as it was found: nobody listens, nothing is kept of the console, the network is there."""
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("pageerror", self._failed)
        self.page.remove_listener("request", self._asked)
        self.page.unroute_all()
        self.context.set_offline(False)
        self.context.clear_cookies()
        if self.page.url.startswith(self.url):
            self.page.evaluate("localStorage.clear()")
        self.page.goto("about:blank")

    def sign_in(self, login: str, language: Language = "zh") -> Page:
        """Be signed in without the form (see `fill_in`), and wait until the first page is there, live if it ever is."""
        if language == "en":
            self.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": self.url}])
        form = {"login": login, "password": console_seed.PASSWORD}
        self.context.request.post(f"{self.url}/sign-in", form=form, headers={"Origin": self.url}, max_redirects=0)
        self.page.goto(self.url)
        self.arrive()
        return self.page

    def fill_in(self, login: str) -> Page:
        """Sign in through the form."""
        self.page.goto(self.url)
        self.page.fill("#login", login)
        self.page.fill("#password", console_seed.PASSWORD)
        with self.page.expect_navigation():
            self.page.locator("form[action='/sign-in'] button").click()
        self.arrive()
        return self.page

    def arrive(self) -> None:
        """Wait until the page is live, unless nothing on it is."""
        if "/" + str(self.page.locator("html").get_attribute("data-page")) not in STILL:
            self.page.locator("#live-state[data-state=live]").wait_for()

    def turn_to(self, language: Language) -> None:
        """Choose the language, if the page does not speak it yet."""
        if not str(self.page.locator("html").get_attribute("lang")).startswith(language):
            with self.page.expect_navigation():
                self.page.locator("button[name=language]").click()

    def resize(self, size: Size) -> None:
        """Give the window another size."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture(scope="session")
def idle() -> list[BrowserContext]:
    """Windows of one page that nobody looks through: opening one takes longer than most tests."""
    return []


@pytest.fixture
def visit(browser: Browser, idle: list[BrowserContext], console: Console) -> Iterator[Callable[..., Visitor]]:
    """Opens a window of a size before the test's own console; at the end nothing may have gone wrong in any."""
    with visitors(browser, idle, console) as open_:
        yield open_


@pytest.fixture
def look(browser: Browser, idle: list[BrowserContext], looked_at: Console) -> Iterator[Callable[..., Visitor]]:
    """Opens a window of a size before the module's console; at the end nothing may have gone wrong in any."""
    with visitors(browser, idle, looked_at) as open_:
        yield open_


@contextmanager
def visitors(browser: Browser, idle: list[BrowserContext], console: Console) -> Iterator[Callable[..., Visitor]]:
    """Opens windows before ``console``, gives them back, and holds against them what went wrong."""
    made: list[Visitor] = []

    def open_(size: Size = "desk") -> Visitor:
        made.append(Visitor(idle.pop() if idle else window(browser), console.url))
        made[-1].resize(size)
        return made[-1]

    yield open_
    for one in made:
        try:
            one.leave()
        except Error:  # what a failed test left behind is nothing for the next one
            one.context.close()
        else:
            idle.append(one.context)
    assert [what for one in made for what in one.wrong] == []


def window(browser: Browser) -> BrowserContext:
    """A window of its own, with its page."""
    context = browser.new_context(locale="zh-CN")
    context.new_page()
    return context
