"""The drawing page over real sockets: who may come in, and what is refused."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.rendered import SceneSource
from edge_agent.draw.live import LivePicture
from edge_agent.draw.server import MAX_BYTES, POLICY, DrawServer
from tests.edge_agent.test_draw_document import FILE


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DrawServer]:
    (tmp_path / "edge.toml").write_text(FILE, encoding="utf-8")
    live = LivePicture(SceneSource(5.0), MotionDetector())
    running = DrawServer(tmp_path / "edge.toml", "cam-1", live, "127.0.0.1", 0)
    thread = threading.Thread(target=running.serve)
    thread.start()
    yield running
    running.stop()
    thread.join(timeout=10)
    running.close()


class Browser:
    def __init__(self, server: DrawServer) -> None:
        self.host = urlsplit(server.address).netloc
        self.cookie = ""

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=10)
        try:
            sent = {"Cookie": self.cookie, **headers}
            connection.request("GET" if body is None else "POST", path, body, sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def enter(self, address: str) -> int:
        status, headers, _ = self.ask("/?" + urlsplit(address).query)
        self.cookie = headers.get("Set-Cookie", "").split(";")[0]
        return status

    def save(self, body: bytes, origin: str | None = None) -> tuple[int, bytes]:
        status, _, answer = self.ask("/drawing", body, Origin=origin or f"http://{self.host}")
        return status, answer


def test_the_address_opens_the_page_once_and_nobody_else_sees_anything(server: DrawServer) -> None:
    first, second = Browser(server), Browser(server)
    assert [second.ask(path)[0] for path in ("/", "/drawing", "/picture.jpg", "/page.js")] == [403] * 4
    assert second.ask("/?code=guess")[0] == 403
    assert first.enter(server.address) == 303
    assert second.enter(server.address) == 403
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/picture.jpg", "image/jpeg")):
        status, headers, body = first.ask(path)
        assert (status, headers["Content-Security-Policy"], headers["Cache-Control"]) == (200, POLICY, "no-store")
        assert headers["Content-Type"].startswith(kind)
        assert body
    assert first.ask("/../settings.py")[0] == 404


def test_what_is_drawn_is_saved_and_what_does_not_fit_is_said(server: DrawServer, tmp_path: Path) -> None:
    browser = Browser(server)
    browser.enter(server.address)
    drawing = msgspec.json.decode(browser.ask("/drawing")[2])["drawing"]
    drawing["zones"][0]["name"] = "north"
    status, answer = browser.save(msgspec.json.encode(drawing))
    assert status == 200
    assert 'name = "north"' in (tmp_path / "edge.toml").read_text(encoding="utf-8")
    assert browser.save(msgspec.json.encode(drawing))[0] == 409  # made from the file before
    drawing["revision"] = msgspec.json.decode(answer)["drawing"]["revision"]
    drawing["zones"][0]["polygon"] = [[0, 0], [1, 1]]
    status, answer = browser.save(msgspec.json.encode(drawing))
    assert (status, b"at least three" in answer) == (422, True)
    assert browser.save(b"{")[0] == 422


def test_another_site_a_stranger_and_a_flood_save_nothing(server: DrawServer, tmp_path: Path) -> None:
    browser = Browser(server)
    body = b'{"revision": "x"}'
    assert browser.save(body)[0] == 403
    browser.enter(server.address)
    assert browser.save(body, origin="http://evil.example")[0] == 403
    flood = {"Origin": f"http://{browser.host}", "Content-Length": str(MAX_BYTES + 1)}
    assert browser.ask("/drawing", b"", **flood)[0] == 413
    assert (tmp_path / "edge.toml").read_text(encoding="utf-8") == FILE
