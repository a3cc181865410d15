"""What one picture looks like, whoever is in it: its light, the directions of its edges, its fine detail."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.camera.detector import Image

WIDTH = 160  # pictures are compared at this width; cameras of any resolution then look alike
FINE_WIDTH = 320  # sharpness needs more
_FAINT = 6.0  # a change of brightness (of 255, over two pixels) that counts half: below it is mostly noise
_BRIGHT = 245  # of 255: burnt out

Floats = npt.NDArray[np.float32]
Directions = npt.NDArray[np.complex64]  # for each pixel the doubled direction of its edge, as long as the edge is clear


class Look(msgspec.Struct, frozen=True):
    """Measures of one picture. Brightnesses are 0..255, ``burnt`` is a share of the picture."""

    mean: float
    highlights: float  # 95 % of the picture is darker
    burnt: float
    grey: Floats  # small, in height x `WIDTH`
    fine: Floats  # the same at `FINE_WIDTH`
    directions: Directions


def look_at(image: Image) -> Look:
    """Measure ``image`` (height x width x 3, BGR). About a millisecond."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    fine = _resized(grey, FINE_WIDTH)
    small = _resized(grey, WIDTH)
    return Look(
        mean=float(small.mean()),
        highlights=float(np.percentile(small, 95)),
        burnt=float((small >= _BRIGHT).mean()),
        grey=small,
        fine=fine,
        directions=_directions(small),
    )


def edges_of(image: Image, width: int) -> Directions:
    """The clear edges of ``image`` at ``width`` pixels, by their doubled direction."""
    return _directions(_resized(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), width))


def detail(fine: Floats, where: npt.NDArray[np.bool_]) -> float:
    """How much of the change of brightness is fine, at the pixels ``where`` (of the small picture).

    Fine over coarse, so that fog and dusk, which weaken both, leave it alone, and a lens out of focus does not.
    """
    coarse = _smoothed(fine, 2.0)
    mask = cv2.resize(where.astype(np.uint8), (fine.shape[1], fine.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    strong = float(_slope(coarse)[mask].sum())
    return float(_slope(fine)[mask].sum()) / strong if strong > 0 else 0.0


def _resized(grey: npt.NDArray[np.uint8] | cv2.typing.MatLike, width: int) -> Floats:
    height = max(8, round(grey.shape[0] * width / grey.shape[1]))
    small = cv2.resize(np.asarray(grey), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _directions(small: Floats) -> Directions:
    """Doubled, so that an edge keeps its direction when dark and bright change places, as they do in infrared."""
    smooth = _smoothed(small, 1.0)
    across, down = _sobel(smooth, 1, 0), _sobel(smooth, 0, 1)
    strength = np.hypot(across, down)
    unit = (across + 1j * down) / np.maximum(strength, 1e-3)
    clear = (unit * unit) * (strength / (strength + _FAINT))
    # Neighbours agree about an edge and disagree about noise.
    parts = [cv2.blur(np.ascontiguousarray(part), (3, 3)) for part in (clear.real, clear.imag)]
    return np.asarray(parts[0] + 1j * parts[1], dtype=np.complex64)


def _smoothed(grey: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.float32)


def _sobel(grey: Floats, dx: int, dy: int) -> Floats:
    return np.asarray(cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=3, scale=0.25), dtype=np.float32)


def _slope(grey: Floats) -> Floats:
    return np.hypot(_sobel(grey, 1, 0), _sobel(grey, 0, 1))
