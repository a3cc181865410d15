"""Pictures from folders, what is decoded, how soon a stall is told, and that cameras share the detectors fairly."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_agent.camera.agent import LostPicture
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.file_source import FileSource
from edge_agent.camera.folder import FolderCapture, pictures_of
from edge_agent.camera.live_source import TICK_S, LiveSource
from edge_agent.camera.source import Frame
from edge_agent.camera.sources import make_source
from edge_agent.camera.tamper import TamperWatch
from edge_agent.camera.turns import InTurn, Turns
from edge_agent.settings import Camera, Tamper


def fill(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        data = cv2.imencode(".png", np.full((48, 64, 3), 10 + 5 * number, dtype=np.uint8))[1]
        (folder / f"img{number}.png").write_bytes(data.tobytes())
    return folder


def brightness(frames: list[Frame]) -> list[int]:
    return [round(float(frame.image.mean())) for frame in frames]


def all_of(source: Any) -> list[Frame]:
    stop, frames = threading.Event(), []
    while isinstance(seen := source.next(stop), Frame):
        frames.append(seen)
    source.close()
    return frames


def test_a_folder_is_played_in_the_order_of_its_numbers_and_at_its_rate(tmp_path: Path) -> None:
    folder = fill(tmp_path / "院子", 12)
    (folder / "notes.txt").write_text("no picture")
    (folder / "img5.png").write_bytes(b"half a pict")
    assert [path.stem for path in pictures_of(folder)][9:] == ["img9", "img10", "img11"]
    source = FileSource(lambda: FolderCapture(folder, 10.0), 5.0, loop=False, paced=False)
    frames = all_of(source)
    assert brightness(frames) == [10, 20, 30, 40, 50, 60]  # every second; img5 would not have been due
    assert [frame.at for frame in frames] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_a_camera_may_be_a_folder_and_broken_pictures_are_passed_over(tmp_path: Path) -> None:
    folder = fill(tmp_path / "yard", 6)
    (folder / "img2.png").write_bytes(b"half a pict")
    (folder / "img3.png").write_bytes(b"")
    camera = Camera(id="cam-1", source=str(folder), fps=50, loop_file=False)
    assert brightness(all_of(make_source(camera))) == [10, 15, 30, 35]


def test_an_empty_or_missing_folder_is_not_open(tmp_path: Path) -> None:
    assert not FolderCapture(tmp_path, 5.0).isOpened()
    assert not FolderCapture(tmp_path / "none", 5.0).isOpened()


class Counted:
    """A `Capture` of 100 pictures at 25 a second, that counts what is decoded."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.grabbed, self.decoded = 0, 0
        self._pause_s = pause_s

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def grab(self) -> bool:
        time.sleep(self._pause_s)
        self.grabbed += 1
        return self.grabbed <= 100

    def retrieve(self) -> tuple[bool, Any]:
        self.decoded += 1
        return True, np.zeros((4, 4, 3), dtype=np.uint8)

    def get(self, propId: int, /) -> float:  # noqa: N803
        return 25.0

    def release(self) -> None:
        """Nothing is held."""


def test_only_pictures_that_are_analysed_are_decoded_from_a_file() -> None:
    capture = Counted()
    assert len(all_of(FileSource(lambda: capture, 5.0, loop=False, paced=False))) == capture.decoded == 20
    assert capture.grabbed == 101


def test_only_pictures_that_are_due_are_decoded_from_a_stream() -> None:
    capture = Counted(pause_s=0.01)
    source, stop, begun = LiveSource(lambda: capture, 5.0, "cam-1"), threading.Event(), time.monotonic()
    while capture.grabbed < 60:
        source.next(stop)
    source.close()
    assert capture.decoded <= 5 * (time.monotonic() - begun) + 3


def test_a_stall_is_told_within_five_seconds() -> None:
    told = LostPicture(Tamper().disconnected_s)
    # A source says "no picture" every `TICK_S`; the worst phase is one tick more.
    silent = next(s for s in np.arange(0.1, 10, TICK_S) if told.update(float(s)) is not None)
    assert silent + TICK_S <= 5.0


def test_a_frozen_picture_is_told_within_five_seconds() -> None:
    watch, random = TamperWatch(Tamper()), np.random.default_rng(1)
    yard = random.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    for number in range(150):
        noise = random.integers(0, 3, yard.shape, dtype=np.uint8)
        last = np.asarray(cv2.add(yard // 2, noise), dtype=np.uint8)
        assert watch.update(last, number / 5) == []
    frozen_at = 149 / 5
    delay = next(n / 5 - frozen_at for n in range(150, 200) if watch.update(last, n / 5))
    assert delay <= 5.0


class Slow:
    """A detector that takes two milliseconds and notes whose picture it was."""

    def __init__(self, name: str, seen: list[str]) -> None:
        self._name, self._seen = name, seen

    def detect(self, image: Image) -> list[Detection]:
        self._seen.append(self._name)
        time.sleep(0.002)
        return []


def test_greedy_cameras_get_one_picture_each_in_turn() -> None:
    turns, seen, names = Turns(1), list[str](), [f"cam-{n}" for n in range(5)]
    image, begin = np.zeros((4, 4, 3), dtype=np.uint8), threading.Barrier(len(names))

    def run(name: str) -> None:
        detector = InTurn(Slow(name, seen), turns)
        begin.wait()
        while len(seen) < 200:
            detector.detect(image)

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(seen[10:200])
    assert max(counts.values()) - min(counts.values()) <= 4, counts
    assert set(counts) == set(names)


def test_no_more_run_at_once_than_there_are_turns_and_a_failure_gives_its_turn_back() -> None:
    turns, running, most, lock = Turns(2), [0], [0], threading.Lock()

    def run() -> None:
        for _ in range(20):
            with turns.turn():
                with lock:
                    running[0] += 1
                    most[0] = max(most[0], running[0])
                time.sleep(0.0005)
                with lock:
                    running[0] -= 1

    for _ in range(3):
        with pytest.raises(RuntimeError), turns.turn():
            raise RuntimeError
    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
