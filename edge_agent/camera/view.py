"""The usual view of a camera, learnt from its pictures, and how far a picture is from it."""

from __future__ import annotations

from typing import TypeVar

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.camera.look import WIDTH, Directions, Floats, Look, detail

COLUMNS = 8  # the picture is judged in squares of WIDTH / COLUMNS pixels: people fill some of them, a hand all
_SQUARE = WIDTH // COLUMNS
_CLEAR = 0.06  # mean clearness of edges from which a square has something to recognise it by
_ENOUGH = 0.15  # share of the squares that must have it, or the view says nothing (a white wall)
_KEPT = 0.35  # agreement with the usual edges from which a square shows what it usually does
_SMOOTH = 0.4  # below this share of its usual edges a square is smooth
_STEADY = 0.5  # agreement with the last second from which a square stands still
_JUMPED = 0.4  # share of squares that stand still below which the picture has become another at once
_TRACE = 0.15  # clearness from which one pixel belongs to an edge
_SOFT = 0.1  # detail above 1 below which a camera has always been too soft to lose its focus
_SHIFT_PX = 3.0  # of WIDTH: below it a camera trembles in the wind
_ANGLES = tuple(sign * degrees for degrees in (5, 10, 15, 20, 30, 45) for sign in (1, -1))  # it is turned by
_ALL_KEPT = 0.8  # share of squares as usual from which nobody need ask whether the picture has turned
_RECENT = 0.3  # how much of each look goes into the last seconds


Kind = TypeVar("Kind", Floats, Directions)


class Comparison(msgspec.Struct, frozen=True):
    """A picture beside the usual view. All are shares of the squares that have something to recognise, but:

    ``shift`` is how far everything has moved together (share of the width, 0: not), ``turn`` by how many degrees it
    has turned together (0: not), ``sharpness`` the fine detail beside the usual (1: the same), ``alike`` the likeness
    of bright and dark areas (1: the same, 0: none).
    """

    kept: float
    smooth: float
    changed: float
    steady: float
    shift: float
    turn: float
    sharpness: float
    alike: float


class UsualView:
    """Learns in ``learn`` looks what a camera shows; later looks go into it slowly, one part in ``slow``."""

    def __init__(self, learn: int, slow: int) -> None:
        self._learn = learn
        self._slow = slow
        self.forget()

    def forget(self) -> None:
        """Learn anew from the next look on."""
        self._count = 0
        self._edges: Directions | None = None
        self._grey: Floats | None = None
        self._amount: Floats | None = None  # of edges in each square, whatever their direction
        self._detail = 0.0
        self._recent: Directions | None = None
        self._recent_fine: Floats | None = None

    @property
    def learnt(self) -> bool:
        """Whether there have been enough looks to compare with."""
        return self._count >= self._learn

    def compare(self, look: Look) -> Comparison | None:
        """How far ``look`` is from the usual; None while learning, and where nothing can be recognised."""
        still = self._remember_recent(look)
        if not self.learnt or self._edges is None or self._grey is None or self._amount is None:
            return None
        judged = _squares(np.abs(self._edges)) >= _CLEAR
        if judged.mean() < _ENOUGH:
            return None
        steady = float(still[judged].mean())
        return self._compared(look, self._edges, self._grey, self._amount, judged, steady)

    def learn(self, look: Look) -> None:
        """Let ``look`` go into the usual view; call it for pictures that are in order only."""
        self._count += 1
        share = 1.0 / (self._count if self._count <= self._learn else self._slow)
        self._edges = _mixed(self._edges, look.directions, share)
        self._grey = _mixed(self._grey, look.grey, share)
        self._amount = _mixed(self._amount, _squares(np.abs(look.directions)), share)
        if self._recent_fine is not None and self.learnt:
            fresh = detail(self._recent_fine, np.abs(self._edges) >= _TRACE)
            self._detail += (fresh - self._detail) * (share if self._detail else 1.0)

    def _remember_recent(self, look: Look) -> npt.NDArray[np.bool_]:
        """Mix ``look`` into the last seconds; returns the squares that look as they did in them."""
        recent = look.directions if self._recent is None else self._recent
        still = _agreement(recent, look.directions) >= _STEADY
        jumped = still.mean() < _JUMPED
        self._recent = look.directions if jumped else _mixed(self._recent, look.directions, _RECENT)
        # Over a second or two the noise of the sensor is averaged away, which would pass for detail.
        self._recent_fine = look.fine if jumped else _mixed(self._recent_fine, look.fine, _RECENT)
        return still

    def _compared(
        self,
        look: Look,
        edges: Directions,
        grey: Floats,
        amount: Floats,
        judged: npt.NDArray[np.bool_],
        steady: float,
    ) -> Comparison:
        kept = _agreement(edges, look.directions) >= _KEPT
        known = float(kept[judged].mean())
        smooth = _squares(np.abs(look.directions)) < _SMOOTH * amount
        fine = look.fine if self._recent_fine is None else self._recent_fine
        now = detail(fine, np.abs(edges) >= _TRACE)
        changed, shift = float((~kept & ~smooth)[judged].mean()), _shift(edges, look.directions)
        # Whether the picture has turned takes longest to find, and is asked where nothing else says that it has moved.
        asked = known < _ALL_KEPT and steady >= _STEADY and shift == 0.0
        return Comparison(
            kept=known,
            smooth=float(smooth[judged].mean()),
            changed=changed,
            steady=steady,
            shift=shift,
            turn=_turn(edges, look.directions) if asked else 0.0,
            sharpness=_beside(now, self._detail),
            alike=_likeness(grey, look.grey),
        )


def recognisable(look: Look) -> bool:
    """Whether a view like this has edges enough to notice that it changed."""
    return float((_squares(np.abs(look.directions)) >= _CLEAR).mean()) >= _ENOUGH


def _beside(now: float, usual: float) -> float:
    """Detail beside the usual; without any fine detail it is 1, so what is above 1 is compared."""
    return max(0.0, now - 1.0) / (usual - 1.0) if usual > 1.0 + _SOFT else 1.0


def _mixed(old: Kind | None, new: Kind, share: float) -> Kind:
    return new if old is None or old.shape != new.shape else old + share * (new - old)


def _squares(values: npt.NDArray[np.float32]) -> Floats:
    """The mean of ``values`` in each square; what is left over at the lower edge is left out."""
    rows = max(1, values.shape[0] // _SQUARE)
    cut = values[: rows * _SQUARE, : COLUMNS * _SQUARE]
    height = min(_SQUARE, cut.shape[0])
    return np.asarray(cut.reshape(rows, height, COLUMNS, _SQUARE).mean(axis=(1, 3)), dtype=np.float32)


def _agreement(usual: Directions, now: Directions) -> Floats:
    """For each square: 1 when edges run as usual, about 0 when they have nothing to do with one another."""
    strength = np.abs(usual)
    together = _squares((usual.conj() * now).real)
    # A weakened edge that runs the same way (fog, dusk) still agrees: only its direction is asked.
    return np.asarray(together / np.maximum(_squares(strength * np.abs(now)), 1e-4), dtype=np.float32)


def _shift(usual: Directions, now: Directions) -> float:
    """How far the edges have moved together, in shares of the width; 0 when they have not, or not together."""
    match = _match(usual, now)
    y, x = (int(part) for part in np.unravel_index(int(match.argmax()), match.shape))
    rows, columns = match.shape
    across, down = (x + columns // 2) % columns - columns // 2, (y + rows // 2) % rows - rows // 2
    far = float(np.hypot(across, down))
    clearly = _clearly(float(match[y, x]), float(match[0, 0]), usual, now)
    return far / columns if clearly and far >= _SHIFT_PX else 0.0


def _turn(usual: Directions, now: Directions) -> float:
    """By how many degrees the picture has turned about any point; 0 when it has not, or not as one.

    Each angle is turned back, and compared at every shift: directions turn twice as far, for they are doubled.
    """
    usual, now = _halved(usual), _halved(now)
    peaks = {degrees: float(_match(usual, _turned_back(now, degrees)).max()) for degrees in _ANGLES}
    best = max(peaks, key=lambda degrees: peaks[degrees])
    return float(abs(best)) if _clearly(peaks[best], float(_match(usual, now).max()), usual, now) else 0.0


def _halved(edges: Directions) -> Directions:
    rows, columns = edges.shape
    size = (columns // 2, rows // 2)
    parts = [
        cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA) for part in (edges.real, edges.imag)
    ]
    return np.asarray(parts[0] + 1j * parts[1], dtype=np.complex64)


def _turned_back(now: Directions, degrees: float) -> Directions:
    rows, columns = now.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), -degrees, 1.0)
    parts = [cv2.warpAffine(np.ascontiguousarray(part), matrix, (columns, rows)) for part in (now.real, now.imag)]
    back = (parts[0] + 1j * parts[1]) * np.exp(2j * np.radians(degrees))
    return np.asarray(back, dtype=np.complex64)


def _match(usual: Directions, now: Directions) -> npt.NDArray[np.float64]:
    """How well the edges agree at every shift, by the correlation theorem."""
    return np.asarray(np.fft.ifft2(np.fft.fft2(now) * np.fft.fft2(usual).conj()).real)


def _clearly(match: float, before: float, usual: Directions, now: Directions) -> bool:
    """Whether edges agree, and half as well again as they do where they are."""
    norm = float(np.sqrt((np.abs(usual) ** 2).sum() * (np.abs(now) ** 2).sum()))
    return match > 1.5 * max(0.0, before) and match > 0.25 * norm


def _likeness(usual: Floats, now: Floats) -> float:
    """How alike bright and dark areas lie: their correlation over a coarse grid; 0 for a picture all of one colour."""
    parts = [_squares(grey) for grey in (usual, now)]
    first, second = (part - part.mean() for part in parts)
    spread = float(np.sqrt((first**2).mean() * (second**2).mean()))
    return float((first * second).mean()) / spread if float(second.std()) > 2.0 and spread > 0 else 0.0
