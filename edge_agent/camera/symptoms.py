"""What is wrong with a picture, if anything: a decision over its light and its distance from the usual view."""

from __future__ import annotations

import msgspec

from edge_agent.camera.look import Look
from edge_agent.camera.view import Comparison
from edge_agent.settings import PictureFault

_DARK_MEAN, _DARK_HIGHLIGHTS = 20.0, 45.0  # of 255: nothing but noise to be seen
_BURNT = 0.6  # share of the picture without any drawing left
_GONE = 0.65  # share of the squares that must be smooth or changed; the lower half full of people is less
_BLURRED = 0.4  # sharpness beside the usual; rain on the housing and dusk stay above
# From which a blurred picture is still the same scene: likeness of light and dark, or share of squares kept.
_STILL_THERE, _KNOWN = 0.85, 0.6


class Finding(msgspec.Struct, frozen=True):
    """One picture judged: what is wrong (None: nothing), how clearly (0..1), and how well the camera sees (0..1)."""

    symptom: PictureFault | None
    clearness: float
    health: float


def judge(look: Look, comparison: Comparison | None, *, frozen: bool) -> Finding:
    """What is wrong with a picture; ``comparison`` is None while the usual view is not known."""
    symptom, clearness = _symptom(look, comparison, frozen)
    return Finding(symptom, round(min(1.0, clearness), 3), 0.0 if frozen else round(_health(look, comparison), 3))


def _symptom(look: Look, seen: Comparison | None, frozen: bool) -> tuple[PictureFault | None, float]:
    if frozen:
        return "frozen", 1.0
    if look.mean < _DARK_MEAN and look.highlights < _DARK_HIGHLIGHTS:
        return "dark", 1.0 - look.highlights / 255
    if look.burnt > _BURNT:
        return "overexposed", look.burnt
    return (None, 0.0) if seen is None else _strangeness(seen)


def _strangeness(seen: Comparison) -> tuple[PictureFault | None, float]:
    """What the distance from the usual view means."""
    same_scene = seen.alike >= _STILL_THERE or seen.kept >= _KNOWN
    if seen.smooth >= _GONE and not same_scene:
        return "covered", seen.smooth
    if same_scene and (seen.smooth >= _GONE or seen.sharpness < _BLURRED):
        return "defocused", max(seen.smooth, 1.0 - seen.sharpness)
    gone = seen.smooth + seen.changed
    if gone >= _GONE and seen.alike < 0.5 and (seen.smooth >= gone / 2 or seen.sharpness < _BLURRED):
        return "covered", gone  # by something with a pattern, too near to be sharp
    # People fill a picture too, but they do not stand still: a view that is new and steady is another view.
    if seen.steady >= 0.5 and (seen.changed >= _GONE or seen.shift > 0 or seen.turn > 0):
        return "moved", max(seen.changed, 1.0 - seen.kept)
    return None, 0.0


def _health(look: Look, seen: Comparison | None) -> float:
    """The worst of light, view and sharpness, each 1 when as usual."""
    light = min(1.0, look.highlights / 90, (1.0 - look.burnt) / 0.7)
    if seen is None:
        return light
    return max(0.0, min(light, seen.kept / 0.7, seen.sharpness / 0.7))
