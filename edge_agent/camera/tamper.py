"""Watches over one camera's picture: tells each tampering once it is certain, and when the camera sees again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

import msgspec
import numpy as np

from campus.events import CameraTamper
from edge_agent.camera.detector import Image
from edge_agent.camera.look import look_at
from edge_agent.camera.symptoms import Finding, judge
from edge_agent.camera.view import UsualView
from edge_agent.settings import PictureFault, Tamper

LOOK_S = 0.5  # seconds of video between two looks
LEARN_LOOKS, SLOW_LOOKS = 20, 600  # ten seconds to know a view; five minutes for it to follow the sun
CLEAR_S = 3.0  # seconds without a symptom until the camera is said to see again
ANY_S = 10.0  # seconds with changing symptoms until the commonest is told
CERTAIN = 0.8  # share of the looks that must agree; a person who crosses the lens is not a cover
BLINDING: frozenset[PictureFault] = frozenset({"covered", "frozen", "dark", "overexposed"})


class Judged(msgspec.Struct, frozen=True):
    """One look: when (seconds of the video) and what was found."""

    at: float
    finding: Finding


class Confirmed:
    """Which symptoms are certain: present in most looks for as long as the settings say, each told once."""

    def __init__(self, seconds: Mapping[PictureFault, float]) -> None:
        self._seconds = {kind: wait for kind, wait in seconds.items() if wait > 0}
        self._looks: deque[Judged] = deque()
        self._well_since: float | None = None
        self.active: frozenset[PictureFault] = frozenset()

    def update(self, judged: Judged) -> list[CameraTamper]:
        """Take a look; return what became certain, or that all is well again."""
        self._remember(judged)
        if self._well_since is not None:
            return self._cleared(judged.at)
        kind = self._certain(judged.at)
        if kind is None or kind in self.active:
            return []
        self.active |= {kind}
        return [CameraTamper(kind=kind, active=True, score=judged.finding.clearness)]

    def forgive(self) -> list[CameraTamper]:
        """What is active no longer counts: the new view is the usual one now."""
        over = [CameraTamper(kind=kind, active=False) for kind in sorted(self.active)]
        self.active = frozenset()
        self._looks.clear()
        return over

    def _remember(self, judged: Judged) -> None:
        longest = max([ANY_S, *self._seconds.values()])
        self._looks.append(judged)
        # One look older than the window stays, so that the window is known to be covered whole.
        while len(self._looks) > 2 and self._looks[1].at <= judged.at - longest:
            self._looks.popleft()
        if judged.finding.symptom in self._seconds:
            self._well_since = None
        elif self._well_since is None:
            self._well_since = judged.at

    def _cleared(self, at: float) -> list[CameraTamper]:
        if not self.active or self._well_since is None or at - self._well_since < CLEAR_S:
            return []
        return self.forgive()

    def _certain(self, at: float) -> PictureFault | None:
        for kind, wait in self._seconds.items():
            seen = self._within(at, wait)
            if seen and seen.count(kind) >= CERTAIN * len(seen):
                return kind
        if self.active:
            return None  # blind already: what it changes to has to be clear
        seen = [kind for kind in self._within(at, ANY_S) if kind in self._seconds]
        enough = len(seen) >= CERTAIN * len(self._within(at, ANY_S))
        return Counter(seen).most_common(1)[0][0] if seen and enough else None

    def _within(self, at: float, wait: float) -> list[PictureFault | None]:
        """The symptoms of the last ``wait`` seconds; none when the looks do not reach back that far."""
        if self._looks[0].at > at - wait + LOOK_S:
            return []
        return [look.finding.symptom for look in self._looks if look.at > at - wait]


class TamperWatch:
    """Looks at a camera's pictures twice a second; ``at`` is the time of the video in seconds."""

    def __init__(self, settings: Tamper) -> None:
        self._confirmed = Confirmed(settings.seconds())
        self._relearn_s = settings.relearn_min * 60
        self._view = UsualView(LEARN_LOOKS, SLOW_LOOKS)
        self._next = float("-inf")
        self._thumb: Image | None = None
        self._same_since: float | None = None
        self._moved_since: float | None = None
        self.health = 1.0  # of the last look, 0 (blind) to 1 (as usual)

    @property
    def blind(self) -> bool:
        """Whether counts would be made up: the picture is certainly covered, dark, burnt out or frozen."""
        return bool(self._confirmed.active & BLINDING)

    def update(self, image: Image, at: float) -> list[CameraTamper]:
        """Take the picture at ``at``; return what became certain or is over."""
        frozen = self._still_the_same(image, at)
        if at < self._next:
            return []
        self._next = at + LOOK_S - 1e-6
        look = look_at(image)
        finding = judge(look, self._view.compare(look), frozen=frozen)
        self.health = finding.health
        if finding.symptom is None and not self._confirmed.active:
            self._view.learn(look)
        return self._confirmed.update(Judged(at, finding)) + self._accept_new_view(at)

    def _still_the_same(self, image: Image, at: float) -> bool:
        """Whether this picture is the last one, pixel by pixel: a sensor's noise never repeats."""
        thumb = np.ascontiguousarray(image[::4, ::4])
        same = self._thumb is not None and np.array_equal(self._thumb, thumb)
        self._thumb = thumb
        if not same:
            self._same_since = None
        elif self._same_since is None:
            self._same_since = at
        return self._same_since is not None

    def _accept_new_view(self, at: float) -> list[CameraTamper]:
        """A camera that stays turned for long was turned on purpose: learn the new view and say that it sees."""
        if self._confirmed.active != {"moved"}:
            self._moved_since = None
            return []
        self._moved_since = at if self._moved_since is None else self._moved_since
        if at - self._moved_since < self._relearn_s:
            return []
        self._view.forget()
        return self._confirmed.forgive()
