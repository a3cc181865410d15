"""How soon the camera agent notices that a camera was tampered with, and how often it cries wolf.

    python -m benchmarks.tamper DATA [--seconds 900]

DATA is a folder with ``video/*.mp4`` and ``*.gif``. Every recording is played to and fro at its own pace, a minute
as it is, then tampered with in each way; printed is the delay until the right word was said, in seconds of video.
Then each is played through the ordinary troubles of a day (clouds, dusk, fog, infrared, wind, a poor stream), in which
nothing may be said. Prints Markdown.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.camera.detector import Image
from edge_agent.camera.tamper import TamperWatch
from edge_agent.camera.truth import frames_of
from edge_agent.settings import Tamper

PATTERNS = ("*.mp4", "*.gif")
LOOKS_PER_S = 2.0
BEFORE_S, AFTER_S = 60.0, 20.0
# The rate that the container of this one claims is wrong.
TRUE_FPS = {
    "pets09_s2l1_1-480": 7.0,
    "tud_campus": 25.0,
    "classroom.preview": 5.0,
    "store-aisle-detection.preview": 5.0,
}
_OFFSETS = ((7 * number % 179, 11 * number % 317) for number in itertools.count(1))
Change = Callable[[Image, float], Image]  # the picture and the share of the time that is over


class Outcome(msgspec.Struct, frozen=True):
    """What was said of a recording that was tampered with; ``delay_s`` is None when the right word was not."""

    said: tuple[str, ...]
    delay_s: float | None


@functools.cache
def _grain(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32)


def _noisy(image: Image, strength: float) -> Image:
    """With the noise of a sensor, another one at every call: one grain, moved, since drawing it anew takes long."""
    moved = np.roll(_grain(image.shape), next(_OFFSETS), axis=(0, 1))
    return _as_image(image.astype(np.float32) + strength * moved)


def _as_image(picture: object) -> Image:
    return np.asarray(np.clip(np.asarray(picture), 0, 255), dtype=np.uint8)


def _blurred(share: float) -> Change:
    return lambda image, _: _noisy(_as_image(cv2.GaussianBlur(image, (0, 0), share * image.shape[1])), 2.0)


def _moved(across: float, down: float, degrees: float = 0.0) -> Change:
    def change(image: Image, _: float) -> Image:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        matrix[:, 2] += (across * width, down * height)
        return _noisy(_as_image(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)), 1.0)

    return change


def _hand(image: Image, _: float) -> Image:
    slope = np.linspace(50, 110, image.shape[1])[None, :, None]
    return _noisy(_as_image(np.broadcast_to(slope, image.shape)), 4.0)


def _cloth(image: Image, _: float) -> Image:
    grain = np.random.default_rng(3).standard_normal(image.shape[:2], dtype=np.float32)
    folds = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.04 * image.shape[1]))
    return _noisy(_as_image((60 + 20 * folds / folds.std())[:, :, None].repeat(3, axis=2)), 5.0)


# Named by the word that has to be said.
TAMPERINGS: dict[str, tuple[str, Change]] = {
    "a hand on the lens": ("covered", _hand),
    "a cloth with folds": ("covered", _cloth),
    "out of focus, slightly (0.6 % of the width)": ("defocused", _blurred(0.006)),
    "out of focus, much (1.6 %)": ("defocused", _blurred(0.016)),
    "turned by 4 % of the width": ("moved", _moved(0.04, 0.0)),
    "turned by 12 % and down 5 %": ("moved", _moved(0.12, 0.05)),
    "turned by 40 %": ("moved", _moved(0.40, 0.10)),
    "twisted by 15 degrees": ("moved", _moved(0.0, 0.0, 15.0)),
    "twisted by 25 degrees and turned by 10 %": ("moved", _moved(0.1, 0.0, 25.0)),
    "no light": ("dark", lambda image, _: _noisy(_as_image(image * 0.04), 2.0)),
    "a lamp into the lens": ("overexposed", lambda image, _: _as_image(image * 2.5 + 120.0)),
}


def _wind(image: Image, over: float) -> Image:
    sway = 0.003 * np.sin(over * np.array([900.0, 1300.0]))
    return _moved(float(sway[0]), float(sway[1]))(image, over)


def _infrared(image: Image, over: float) -> Image:
    if over < 0.3:
        return image
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[:, :, None].repeat(3, axis=2)
    return _noisy(_as_image(grey * 0.6 + 30.0), 5.0)


def _poor(image: Image, _: float) -> Image:
    return _as_image(cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], cv2.IMREAD_COLOR))


ORDINARY: dict[str, Change] = {
    "as it is": lambda image, _: image,
    "clouds": lambda image, over: _as_image(image * (1.0 + 0.4 * np.sin(over * 60))),
    "nightfall with lamps": lambda image, over: _noisy(_as_image(image * (1.0 - 0.8 * over)), 1.0 + 4.0 * over),
    "fog": lambda image, over: _as_image(image * (1 - 0.6 * over) + 110.0 * over),
    "infrared at night": _infrared,
    "wind at the mast": _wind,
    "a poor stream": _poor,
}


def pictures(recording: Path) -> Iterator[tuple[Image, float]]:
    """The pictures of ``recording`` to and fro without end, with the seconds that have passed, two a second."""
    frames = list(frames_of(recording))
    step = max(1, round(TRUE_FPS.get(recording.stem, 10.0) / LOOKS_PER_S))
    to_and_fro = frames + frames[-2:0:-1]
    for number in itertools.count():
        # A sensor's noise never repeats; a recording played again does.
        yield _noisy(to_and_fro[number * step % len(to_and_fro)], 0.7), number / LOOKS_PER_S


def tampered(recording: Path, kind: str, change: Change) -> Outcome:
    """Play a minute of ``recording``, then tamper with it until it is told or twenty seconds are over."""
    watch, said, delay = TamperWatch(Tamper()), [], None
    for image, at in pictures(recording):
        if at > BEFORE_S + AFTER_S:
            break
        shown = change(image, 0.0) if at > BEFORE_S else image
        for event in watch.update(shown, at):
            said.append(event.kind)
            if event.kind == kind and delay is None:
                delay = at - BEFORE_S
    return Outcome(tuple(said), delay)


def ordinary(recording: Path, change: Change, seconds: float) -> tuple[list[str], float]:
    """What was said in ``seconds`` of an ordinary time (hopefully nothing), and milliseconds for one look."""
    watch, spent, looks = TamperWatch(Tamper()), 0.0, 0
    said: list[str] = []
    for image, at in pictures(recording):
        if at > seconds:
            break
        shown = change(image, at / seconds)
        began = time.perf_counter()
        said += [event.kind for event in watch.update(shown, at)]
        spent += time.perf_counter() - began
        looks += 1
    return said, 1000 * spent / looks


def recordings(data: Path) -> list[Path]:
    """The recordings in ``data``."""
    return sorted(path for pattern in PATTERNS for path in (data / "video").glob(pattern))


def _print_row(name: str, cells: list[str]) -> None:
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=900.0, help="length of each ordinary time")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    found = recordings(args.data)
    _print_row("tampered with", [path.stem for path in found])
    _print_row("---", ["---"] * len(found))
    for name, (kind, change) in TAMPERINGS.items():
        outcomes = [tampered(path, kind, change) for path in found]
        words = [f"{one.delay_s:.1f} s" if one.delay_s is not None else f"({', '.join(one.said)})" for one in outcomes]
        _print_row(f"{name}: {kind}", words)
    print()
    _print_row("ordinary", [path.stem for path in found])
    _print_row("---", ["---"] * len(found))
    for name, change in ORDINARY.items():
        quiet = [ordinary(path, change, args.seconds) for path in found]
        _print_row(name, [f"{', '.join(said) or 'nothing'} ({ms:.1f} ms)" for said, ms in quiet])


if __name__ == "__main__":
    main()
