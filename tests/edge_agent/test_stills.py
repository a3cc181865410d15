"""Stills that are kept on the machine, and those that somebody asks for."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from campus.clock import VirtualClock, to_ms
from campus.events import CameraIntrusion, CameraStill
from campus.service import Service
from edge_agent.camera.agent import CameraAgent
from edge_agent.camera.album import Album
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.rendered import Scene, Walker
from edge_agent.camera.source import Frame
from edge_agent.commands import Command, Commands
from edge_agent.remote import Remote
from edge_agent.settings import Agent, Camera, EdgeSettings, ZoneArea
from edge_agent.watching import Watch
from tests.edge_agent.conftest import Notebook

NOON = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def kept(album: Album, camera: str = "cam-1") -> list[int]:
    """The minutes after noon of what is kept."""
    return [round((one.at - NOON).total_seconds() / 60) for one in album.newest(camera, 100)]


def fill(album: Album, minutes: Iterator[int] | range, size: int = 1000, camera: str = "cam-1") -> None:
    for minute in minutes:
        album.keep(camera, "intrusion", b"x" * size, NOON + timedelta(minutes=minute))


def test_stills_are_bounded_by_number_size_and_age(tmp_path: Path) -> None:
    by_number = Album(tmp_path / "a", 10**6, 3, WEEK)
    fill(by_number, range(5))
    assert kept(by_number) == [2, 3, 4]
    by_size = Album(tmp_path / "b", 2500, 100, WEEK)
    fill(by_size, range(5))
    assert kept(by_size) == [3, 4]
    by_age = Album(tmp_path / "c", 10**6, 100, timedelta(minutes=10))
    fill(by_age, range(0, 30, 5))
    assert kept(by_age) == [15, 20, 25]
    by_age.prune(NOON + timedelta(minutes=60))
    assert kept(by_age) == []


def test_an_album_of_no_size_keeps_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    fill(Album(tmp_path / "stills", 0, 100, WEEK), range(3))
    assert not (tmp_path / "stills").exists()


def test_each_camera_has_its_own_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    album = Album(tmp_path, 10**6, 2, WEEK)
    fill(album, range(2), camera="cam-1")
    fill(album, range(2, 4), camera="gate-2.left")
    assert (kept(album, "cam-1"), kept(album, "gate-2.left")) == ([], [2, 3])
    assert (tmp_path / "notes.txt").exists()


def test_a_disk_that_refuses_a_still_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "stills").write_text("a file where the folder should be")
    fill(Album(tmp_path / "stills", 10**6, 2, WEEK), range(2))


class Once:
    """A `Source` that gives the frames of a scene."""

    def __init__(self, scene: Scene, seconds: float) -> None:
        self._frames = iter([Frame(scene.picture(n / 5), n / 5) for n in range(round(seconds * 5))])

    def next(self, stop: threading.Event) -> Frame | None:
        return next(self._frames, None)

    def close(self) -> None:
        pass


WALK = Scene((Walker(3.0, 1.05, -0.12, 0.8, 0.4, 50),))
ALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize("stills", [True, False])
def test_what_is_sent_is_kept_and_what_is_asked_for_is_sent_unless_the_school_says_no(
    tmp_path: Path, clock: VirtualClock, voice: Notebook, stills: bool
) -> None:
    zone = ZoneArea(name="yard", polygon=ALL, kind="intrusion")
    camera = Camera(id="cam-1", source="sim", zones=(zone,), stills=stills)
    analyser, album = Analyser(camera, MotionDetector(), ZoneInfo("UTC")), Album(tmp_path / "s", 10**6, 9, WEEK)
    agent = CameraAgent(camera, Once(WALK, 8), analyser, clock, voice, album)
    agent.ask_still("order-1")
    agent.run(threading.Event())
    (intrusion,) = [event for _, event, _ in voice.events if isinstance(event, CameraIntrusion)]
    asked = [event for _, event, _ in voice.events if isinstance(event, CameraStill)]
    on_disk = [one.path.read_bytes() for one in album.newest("cam-1", 9)]
    assert on_disk == ([intrusion.still] if stills else [])
    assert [one.command for one in asked] == (["order-1"] if stills else [])
    assert all(one.still and one.still.startswith(b"\xff\xd8") for one in asked)


class Line(Notebook):
    """Stands for the uplink."""

    def add_device(self, device: str, health: object) -> None:
        pass


def test_the_commands_still_and_kept_are_judged_by_the_camera_they_name(tmp_path: Path, clock: VirtualClock) -> None:
    loud, quiet = Camera(id="cam-1", source="sim"), Camera(id="cam-2", source="sim", stills=False)
    settings = EdgeSettings(agent=Agent(spool=tmp_path / "s.db", stills=tmp_path / "stills"), cameras=(loud, quiet))
    line, service = Line(), Service("edge")
    watch = Watch(settings.agent, ZoneInfo("UTC"), clock)
    for camera in settings.cameras:
        watch.add(camera, line, service)  # type: ignore[arg-type]
    fill(Album(tmp_path / "stills", 10**6, 99, WEEK), range(12))
    commands = Commands(Remote(settings, clock), clock)
    commands.carries = dict.fromkeys(("still", "kept"), lambda command: watch.still(command, line))  # type: ignore[arg-type]
    answers: list[tuple[bool, str]] = []
    stop = threading.Event()
    for number, (name, device) in enumerate([("still", "cam-9"), ("still", "cam-2"), ("kept", "cam-1")]):
        order = Command(id=f"o-{number}", name=name, device=device, expires=to_ms(clock.now()) + 60_000)
        commands.heard(msgspec.json.encode(order))
    thread = threading.Thread(target=commands.run, args=(stop, lambda reply: answers.append((reply.ok, reply.detail))))
    thread.start()
    until = time.monotonic() + 30
    while len(answers) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    thread.join()
    assert answers == [
        (False, "there is no camera 'cam-9'; use one of cam-1, cam-2"),
        (False, "stills are switched off for cam-2"),
        (True, "10 kept stills are sent"),
    ]
    sent = [(event.command, event.kind) for _, event, _ in line.events if isinstance(event, CameraStill)]
    assert sent == [("o-2", "intrusion")] * 10
    assert [at for _, _, at in line.events][-1] == NOON + timedelta(minutes=11)
