"""Pictures from files and streams: sampling, loops, losses and returns, on real files and a real HTTP server."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from campus.errors import SettingsError
from edge_agent.camera.file_source import CUT_S, FileSource
from edge_agent.camera.live_source import LiveSource
from edge_agent.camera.source import Frame, NoPicture, Source, is_live, opener
from edge_agent.camera.sources import make_source
from edge_agent.login import with_login, without_secrets
from edge_agent.settings import Camera

SIZE = (160, 120)
FRAMES = 50


def picture(number: int) -> np.ndarray:
    """A picture that tells its number by its brightness."""
    return np.full((SIZE[1], SIZE[0], 3), 20 + number * 4, dtype=np.uint8)


def number_of(image: np.ndarray) -> int:
    return round((float(image.mean()) - 20) / 4)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, SIZE)
    for number in range(FRAMES):
        writer.write(picture(number))
    writer.release()
    return path


def file_source(path: Path, fps: float = 5.0, **settings: bool | float) -> FileSource:
    return FileSource(opener(str(path)), fps, paced=False, **settings)  # type: ignore[arg-type]


def take(source: Source, count: int) -> list[Frame]:
    stop, frames = threading.Event(), []
    while len(frames) < count and (seen := source.next(stop)) is not None:
        assert isinstance(seen, Frame)
        frames.append(seen)
    source.close()
    return frames


def test_every_fifth_picture_of_a_file_is_given_with_the_time_of_the_video(video: Path) -> None:
    frames = take(file_source(video, loop=False), 100)
    assert [number_of(frame.image) for frame in frames] == list(range(0, FRAMES, 5))
    assert [frame.at for frame in frames] == pytest.approx([number / 5 for number in range(10)])


def test_the_true_rate_of_a_file_may_be_told(video: Path) -> None:
    frames = take(file_source(video, loop=False, true_fps=10.0), 100)
    assert [number_of(frame.image) for frame in frames] == list(range(0, FRAMES, 2))
    assert frames[-1].at == pytest.approx(4.8)


def test_who_asks_for_more_than_there_is_gets_every_picture(video: Path) -> None:
    assert len(take(file_source(video, fps=60.0, loop=False), 100)) == FRAMES


def test_a_file_begins_again_and_its_time_goes_on(video: Path) -> None:
    frames = take(file_source(video), 15)
    assert [number_of(frame.image) for frame in frames[9:12]] == [45, 0, 5]
    assert frames[10].at - frames[9].at >= CUT_S


def test_a_paced_file_takes_as_long_as_it_shows(video: Path) -> None:
    source, began = FileSource(opener(str(video)), 25.0, loop=False), time.monotonic()
    count = len(take(source, 100))
    assert time.monotonic() - began >= 1.8
    assert count > FRAMES / 4  # a slow machine skips pictures; it does not fall behind


def test_a_file_that_is_deleted_is_lost_and_comes_back(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.camera.file_source.backoff", lambda attempt: 0.0)
    monkeypatch.setattr("edge_agent.camera.file_source.TICK_S", 0.0)
    source, stop = file_source(video), threading.Event()
    for _ in range(10):
        assert isinstance(source.next(stop), Frame)
    away = video.rename(video.with_suffix(".away"))
    lost = [source.next(stop) for _ in range(3)]
    assert all(isinstance(seen, NoPicture) for seen in lost)
    away.rename(video)
    back = source.next(stop)
    assert isinstance(back, Frame)
    assert back.at > 2.0
    source.close()


def test_a_file_without_pictures_is_no_busy_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.camera.file_source.TICK_S", 0.0)
    (tmp_path / "empty.avi").write_bytes(b"RIFF")
    assert isinstance(file_source(tmp_path / "empty.avi").next(threading.Event()), NoPicture)


# -- streams -----------------------------------------------------------------------------------------------------------


class MjpegServer:
    """A camera that serves MJPEG over HTTP, 25 pictures a second, and can be switched off and on."""

    def __init__(self) -> None:
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/camera/cam-1.mjpeg"

    def start(self) -> None:
        off = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                data = cv2.imencode(".jpg", picture(30))[1].tobytes()
                try:
                    while not off.wait(0.04):
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                        self.wfile.write(head.encode() + data + b"\r\n")
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._off = off
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._off.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    server = MjpegServer()
    server.start()
    yield server
    server.stop()


def until(source: Source, wanted: Callable[[Frame | NoPicture | None], bool], seconds: float = 20) -> bool:
    stop, end = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted(source.next(stop)):
            return True
    return False


def is_frame(seen: object) -> bool:
    return isinstance(seen, Frame)


def is_lost(seen: object) -> bool:
    return isinstance(seen, NoPicture) and seen.seconds > 0.4


def test_a_stream_is_read_and_found_again_after_its_camera_restarts(camera: MjpegServer) -> None:
    source = make_source(Camera(id="cam-1", source=camera.url, fps=10.0))
    assert isinstance(source, LiveSource)
    assert until(source, is_frame)
    camera.stop()
    assert until(source, is_lost)
    camera.start()
    assert until(source, is_frame)
    source.close()


def test_a_stream_gives_no_more_pictures_than_are_wanted_and_always_the_newest(camera: MjpegServer) -> None:
    source, stop = LiveSource(opener(camera.url), 5.0, "cam-1"), threading.Event()
    assert until(source, is_frame)
    frames, end = [], time.monotonic() + 2
    while time.monotonic() < end:
        seen = source.next(stop)
        if isinstance(seen, Frame):
            frames.append(seen)
    source.close()
    assert 2 <= len(frames) <= 12  # two in two seconds on a busy machine
    assert number_of(frames[-1].image) == 30


def test_a_stopped_source_gives_nothing(camera: MjpegServer) -> None:
    source, stop = LiveSource(opener(camera.url), 5.0, "cam-1"), threading.Event()
    stop.set()
    assert source.next(stop) is None
    source.close()


@pytest.mark.parametrize(
    ("location", "logged"),
    [
        ("rtsp://admin:secret@10.0.0.8:554/ch1?token=abc", "rtsp://10.0.0.8:554/ch1"),
        ("http://cam/video?user=u&pwd=p", "http://cam/video"),
        ("clips/yard.mp4", "clips/yard.mp4"),
        ("0", "0"),
        ("sim", "sim"),
    ],
)
def test_a_location_is_told_without_its_secrets(location: str, logged: str) -> None:
    assert without_secrets(location) == logged


def test_a_login_comes_from_a_file_and_goes_into_the_address_quoted(tmp_path: Path) -> None:
    login = tmp_path / "cam-1"
    login.write_text("guard:p@ss/word:1\n", encoding="utf-8")
    address = with_login("rtsp://camera.example:554/ch1?sub=0", login)
    assert address == "rtsp://guard:p%40ss%2Fword%3A1@camera.example:554/ch1?sub=0"
    assert without_secrets(address) == "rtsp://camera.example:554/ch1"
    assert with_login("rtsp://camera.example/ch1", None) == "rtsp://camera.example/ch1"


@pytest.mark.parametrize(
    ("content", "location", "named"),
    [("nocolon", "rtsp://x/1", "user:password"), ("a:b", "0", "no address"), (None, "rtsp://x/1", "cannot be read")],
)
def test_a_login_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, location: str, named: str) -> None:
    login = tmp_path / "cam-1"
    if content is not None:
        login.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=named):
        with_login(location, login)


def test_a_refused_stream_prints_no_password(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        capture = opener("rtsp://admin:secret@127.0.0.1:9/ch1")()
        assert not capture.isOpened()
    out, err = capfd.readouterr()
    assert "secret" not in out + err + caplog.text


@pytest.mark.parametrize(("location", "live"), [("0", True), ("RTSP://x/1", True), ("a.mp4", False), ("C:/a", False)])
def test_streams_and_webcams_are_live_and_files_are_not(location: str, live: bool) -> None:
    assert is_live(location) is live
