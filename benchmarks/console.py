"""What the console costs those who look at it, and the machine that serves it.

    python -m benchmarks.console [--consoles 300 1000] [--seconds 30] [--no-browser]

A console is served in a process of its own on the seeded school of the tests, grown to 3,000 students with a year of
marks and 300 devices with a year of readings. Measured are: bytes and requests of each role's first load in the
system's Chromium, with the time to the first row; from an event's commit to the DOM; 300 and 1,000 open consoles with
one event a second; and the server's time for each page, and for files of a term and a year. Prints Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import selectors
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.console_world import Served, World, grow, serving
from tests.dashboards import console_seed
from tests.dashboards.console_seed import DAY, OWN_CLASS

FIRST_ROW = {
    "guard": ("/console", "#alarms > li"),
    "teacher": ("/roll", "#faces > li"),
    "facility": ("/devices", "#rows tr, #rows li"),
    "bureau": ("/overview", "main li, main tr"),
    "admin": ("/admin", "#accounts tr"),
}
PAGES = {
    "guard": ("/console", "/load", "/muster", "/on-site", "/devices", "/devices/gate-1"),
    "teacher": ("/roll", "/students/{student}", "/leave", "/warnings", "/guardians"),
    "facility": ("/maintenance", "/coverage", "/plan", "/enrolment", "/firmware", "/roll-outs"),
    "bureau": ("/overview",),
    "admin": ("/admin", "/rules", "/telling", "/roster"),
}
FILES = {
    "teacher": (
        "/api/v1/students/{student}/attendance?first={year}",
        "/api/v1/students/{student}/report",
        "/api/v1/classes/{class_id}/report",
        "/api/v1/classes/{class_id}/report?first={year}",
        "/api/v1/classes/{class_id}/report?form=csv",
    ),
    "bureau": ("/api/v1/attendance-report", "/api/v1/attendance-report?first={year}"),
    "facility": (
        "/api/v1/devices/env-a-202/series?metric=temperature&start={year}T00:00:00Z",
        "/api/v1/devices/table.csv",
        "/api/v1/device-ledger",
        "/api/v1/device-report",
        "/api/v1/device-labels",
    ),
}
ASKED = 15
# Notes when anything in the page changes.
WATCH = """() => {
  window.seen = [];
  const note = () => window.seen.push(performance.timeOrigin + performance.now());
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(note).observe(document.querySelector("main"), all);
}"""
CHANGE = re.compile(rb'"type":"change","id":(\d+)')
Told = multiprocessing.Queue
HEAD = "| consoles | CPU of one core | kB each | first, p50 ms | last, p95 ms | delivered |"


def p(values: Sequence[float], share: float) -> float:
    """A percentile of at least one value."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


@contextmanager
def signed_in(served: Served, login: str) -> Iterator[httpx.Client]:
    """A client with the session of ``login``."""
    with httpx.Client(base_url=served.url, headers={"Origin": served.url}, timeout=60) as client:
        said = {"login": login, "password": console_seed.PASSWORD}
        assert client.post("/sign-in", data=said).status_code == 303
        yield client


def first_loads(served: Served) -> None:
    """Bytes over the wire and requests of a first visit after signing in, and the first row on the screen."""
    from playwright.sync_api import sync_playwright

    print("\n| first load | kB | requests | first row, ms |\n|---|---|---|---|")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for role, (path, row) in FIRST_ROW.items():
            context = browser.new_context()
            with signed_in(served, role) as client:
                found = [(one.name, one.value) for one in client.cookies.jar]
            context.add_cookies([{"name": name, "value": str(value), "url": served.url} for name, value in found])
            page, sizes = context.new_page(), list[float]()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            wire.on("Network.loadingFinished", lambda told, sizes=sizes: sizes.append(told["encodedDataLength"]))
            began = time.perf_counter()
            page.goto(served.url + path)
            page.locator(row).first.wait_for()
            shown = 1000 * (time.perf_counter() - began)
            page.wait_for_timeout(500)
            print(f"| {role} {path} | {sum(sizes) / 1000:.1f} | {len(sizes)} | {shown:.0f} |")
            context.close()
        _event_to_dom(served, browser)
        browser.close()


def _event_to_dom(served: Served, browser: object, events: int = 60) -> None:
    context = browser.new_context()  # type: ignore[attr-defined]
    with signed_in(served, "facility") as client:
        found = [(one.name, one.value) for one in client.cookies.jar]
    context.add_cookies([{"name": name, "value": str(value), "url": served.url} for name, value in found])
    page = context.new_page()
    page.goto(served.url + "/devices")
    page.locator("#live-state[data-state=live]").wait_for()
    page.evaluate(WATCH)
    delays = []
    for number in range(events):
        page.evaluate("() => { window.seen = []; }")
        committed = 1000 * served.world.change(number)
        page.wait_for_function("() => window.seen.length > 0", timeout=10_000)
        delays.append(max(0.0, page.evaluate("() => window.seen[0]") - committed))
        page.wait_for_timeout(40)
    print(f"\nFrom commit to DOM, {events} events: p50 {p(delays, 0.5):.1f} ms, p95 {p(delays, 0.95):.1f} ms")
    context.close()


def page_times(served: Served, what: str, asked: Mapping[str, Sequence[str]]) -> None:
    """How long the server takes for each page, or file."""
    print(f"\n| {what} | p50 ms | p95 ms | kB |\n|---|---|---|---|")
    ids = {"class_id": OWN_CLASS, "student": served.world.student, "year": f"{DAY - timedelta(days=365)}"}
    for role, paths in asked.items():
        with signed_in(served, role) as client:
            for path in (one.format(**ids) for one in paths):
                answers = [client.get(path, follow_redirects=True) for _ in range(ASKED)]
                assert {one.status_code for one in answers} == {200}, (path, answers[0].status_code)
                took = [1000 * one.elapsed.total_seconds() for one in answers]
                size = int(answers[0].headers.get("Content-Length", len(answers[0].content)))
                print(f"| {role} {path} | {p(took, 0.5):.0f} | {p(took, 0.95):.0f} | {size / 1000:.0f} |")


def _watchers(address: tuple[str, int], cookies: str, count: int, seconds: float, out: Told) -> None:
    """Open consoles and note when each hears of a change; only bytes are read, so that this costs little itself."""
    place = f"{address[0]}:{address[1]}"
    request = (
        f"GET /live?page=devices&after=1000000000 HTTP/1.1\r\nHost: {place}\r\nOrigin: http://{place}\r\n"
        f"Cookie: {cookies}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    arrived: dict[bytes, list[float]] = {}
    with selectors.DefaultSelector() as waiting:
        for _ in range(count):
            console = socket.create_connection(address)
            console.sendall(request.encode())
            waiting.register(console, selectors.EVENT_READ)
            time.sleep(0.005)
        out.put([time.time()])
        ends = time.time() + seconds
        while time.time() < ends:
            for key, _ in waiting.select(1):
                for change in CHANGE.findall(key.fileobj.recv(65536)):
                    arrived.setdefault(change, []).append(time.time())
        out.put([moment for moments in arrived.values() for moment in (moments[0], moments[-1])])
        out.put([float(sum(map(len, arrived.values())))])


def many_consoles(served: Served, count: int, seconds: float) -> None:
    """Open ``count`` consoles without a browser and let one event a second pass."""
    with signed_in(served, "facility") as client:
        cookies = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
    before = served.memory_kb()
    out: Told = multiprocessing.Queue()
    asked = urlsplit(served.url)
    address = (str(asked.hostname), asked.port)
    watching = multiprocessing.Process(target=_watchers, args=(address, cookies, count, seconds + 4, out))
    watching.start()
    out.get(timeout=120)
    time.sleep(2)
    held, cpu, began = served.memory_kb(), served.cpu_s(), time.perf_counter()
    committed = []
    while time.perf_counter() - began < seconds:
        committed.append(served.world.change(len(committed)))
        time.sleep(max(0.0, began + len(committed) - time.perf_counter()))
    load = (served.cpu_s() - cpu) / (time.perf_counter() - began)
    moments, (got,) = out.get(timeout=120), out.get(timeout=120)
    watching.join()
    firsts, lasts = sorted(moments[0::2]), sorted(moments[1::2])
    delays = [1000 * (last - at) for at, last in zip(committed, lasts, strict=False)]
    first = [1000 * (one - at) for at, one in zip(committed, firsts, strict=False)]
    print(
        f"| {count} | {100 * load:.1f} % | {(held - before) / count:.0f} | {statistics.median(first):.0f} | "
        f"{p(delays, 0.95):.0f} | {got / (len(committed) * count):.3f} |"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, nargs="*", default=[300, 1000])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="campus-console-") as name:
        folder = Path(name)
        world: World = grow(folder)
        print(f"{world.students} students with {world.marks} marks, {world.devices} devices, {world.points} readings.")
        with serving(world, folder) as served:
            page_times(served, "page", PAGES)
            page_times(served, "file", FILES)
            if not asked.no_browser:
                first_loads(served)
            print(f"\n{HEAD}\n|---|---|---|---|---|---|")
            for count in asked.consoles:
                many_consoles(served, count, asked.seconds)


if __name__ == "__main__":
    main()
