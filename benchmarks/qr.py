"""How many of the codes of `campus codes` a gate's camera reads, and what a look costs, beside OpenCV's reader.

    python -m benchmarks.qr [--codes 500]

Each code is drawn at six pixels a module on a grey wall, held straight and tilted, then blurred and under noise, and
read once in each way. A look is timed on a picture of 1280x720 with a code and on one without. Prints Markdown.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import segno

from campus import student_code
from edge_agent.camera.detector import Image
from edge_agent.reader.qr import codes_in

KEY = b"the key of a measured school"
LOOKS = 30
_CHANCE = np.random.default_rng(7)


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--codes", type=int, default=500)
    count = args.parse_args().codes
    chance = random.Random(7)
    end = datetime.now(UTC) + timedelta(days=100)
    codes = [student_code.issue(KEY, f"{chance.getrandbits(128):032x}", end, once=False) for _ in range(count)]
    print(f"| {count} codes, of which are read | ZXing | OpenCV {cv2.__version__} |\n|---|---|---|")
    for held, change in WAYS.items():
        print(f"| {held} | {read(codes, change, codes_in)} | {read(codes, change, opencv)} |")
    code = cv2.resize(picture_of(codes[0]), (1280, 720))
    for name, image in (("with a code", code), ("with noise", under_noise(np.full_like(code, 128)))):
        print(f"| ms a look at 1280x720 {name} | {cost_ms(image, codes_in):.1f} | {cost_ms(image, opencv):.1f} |")


def read(codes: list[str], change: Callable[[Image], Image], reader: Callable[[Image], list[str]]) -> int:
    return sum(code in reader(change(picture_of(code))) for code in codes)


def opencv(image: Image) -> list[str]:
    return list(cv2.QRCodeDetector().detectAndDecodeMulti(image)[1])


def cost_ms(image: Image, reader: Callable[[Image], list[str]]) -> float:
    reader(image)
    began = time.perf_counter()
    for _ in range(LOOKS):
        reader(image)
    return (time.perf_counter() - began) / LOOKS * 1000


def picture_of(text: str) -> Image:
    """The code in the middle of a grey picture of 640x480."""
    modules = np.array([list(row) for row in segno.make(text, error="m").matrix], dtype=np.uint8)
    code = np.kron(np.pad(modules, 4), np.ones((6, 6), dtype=np.uint8))
    image = np.full((480, 640, 3), 128, dtype=np.uint8)
    top, left = (480 - code.shape[0]) // 2, (640 - code.shape[1]) // 2
    image[top : top + code.shape[0], left : left + code.shape[1]] = (255 * (1 - code))[:, :, None]
    return image


def tilted(image: Image, degrees: float) -> Image:
    turn = cv2.getRotationMatrix2D((320, 240), degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, turn, (640, 480), borderValue=(128, 128, 128)), dtype=np.uint8)


def under_noise(image: Image) -> Image:
    noisy = image + _CHANCE.normal(0, 25, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


WAYS: dict[str, Callable[[Image], Image]] = {
    "held straight": lambda image: image,
    "tilted by 5 degrees": lambda image: tilted(image, 5),
    "tilted by 30 degrees": lambda image: tilted(image, 30),
    "out of focus": lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 3), dtype=np.uint8),
    "in the dark, with noise": lambda image: under_noise((image // 3 + 20).astype(np.uint8)),
    "small: 2 pixels a module": lambda image: np.asarray(
        cv2.resize(image, (213, 160), interpolation=cv2.INTER_AREA), dtype=np.uint8
    ),
}


if __name__ == "__main__":
    main()
