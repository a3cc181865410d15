"""Follow people from frame to frame: a number for each, kept through short gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from edge_agent.camera.assignment import FORBIDDEN, Matrix, assign
from edge_agent.camera.detector import Detection
from edge_agent.camera.geometry import Box, iou
from edge_agent.camera.walk import Walk

NEVER = float("-inf")


class TrackLimits(msgspec.Struct, frozen=True):
    """When a detection is believed and how long a person is remembered. Times are seconds of the video."""

    sure: float = 0.4  # score from which a detection may begin a track; weaker ones only continue one
    reach: float = 0.3  # boxes are grown by this share before they are compared: a person may jump at low frame rates
    min_overlap: float = 0.05  # least IoU of the grown boxes for a match with a sure detection
    weak_overlap: float = 0.35  # least IoU of the boxes as they are for a match with a weak one
    hits: int = 3  # frames seen before a track is shown
    certain: float = 0.65  # a score that makes a person of something that stands still ...
    moved: float = 0.5  # ... as does moving by this many of its own heights: bins and signs do neither
    believe_s: float = 20.0  # for how long either is believed
    forget_s: float = 2.0  # a track not seen for this long ends
    coast_s: float = 0.6  # a track not seen for at most this long still counts as present


class Track(msgspec.Struct, frozen=True):
    """A person being followed. ``box`` is the smoothed one; ``unseen_s`` is 0 when this frame saw them."""

    id: int
    box: Box
    score: float
    unseen_s: float


class _Person:
    """One followed person; changed by the tracker that owns it."""

    def __init__(self, number: int, detection: Detection, at: float, limits: TrackLimits) -> None:
        self.number = number
        self.walk = Walk(detection.box)
        self.score = detection.score
        self.hits = 1
        self.seen_at = at
        self.proven_at = at if detection.score >= limits.certain else NEVER
        self._limits = limits
        self._anchor = detection.box.foot

    def see(self, detection: Detection, at: float) -> None:
        self.walk.correct(detection.box)
        self.score = detection.score
        self.hits += 1
        self.seen_at = at
        moved = math.dist(self.walk.foot, self._anchor) >= self._limits.moved * self.walk.box.height
        if moved:
            self._anchor = self.walk.foot
        if moved or detection.score >= self._limits.certain:
            self.proven_at = at

    def shown(self) -> bool:
        """Seen often enough, and lately proven to be alive: by a certain score or by moving."""
        return self.hits >= self._limits.hits and self.seen_at - self.proven_at <= self._limits.believe_s


class Tracker:
    """Matches detections to predicted boxes in two passes: sure ones first, then weak ones for whoever is left.

    The two passes follow ByteTrack (Zhang and others 2022): a person half hidden scores low, but at the place where a
    person is expected a low score is evidence enough. Numbers belong to this tracker and are never used again.
    """

    def __init__(self, limits: TrackLimits | None = None) -> None:
        self.limits = limits or TrackLimits()
        self._people: list[_Person] = []
        self._next = 1
        self._at: float | None = None

    def update(self, detections: Sequence[Detection], at: float) -> list[Track]:
        """Take the detections of the frame at ``at`` seconds of the video; return the people present.

        Present is who has been seen in enough frames and not lost for longer than ``coast_s``.
        """
        self._predict(at)
        sure = [d for d in detections if d.score >= self.limits.sure]
        weak = [d for d in detections if d.score < self.limits.sure]
        unmatched, new = self._match(self._people, sure, at, self.limits.reach, self.limits.min_overlap)
        # A track only just begun must not live on weak evidence: noise would follow noise.
        followed = [person for person in unmatched if person.shown()]
        self._match(followed, weak, at, 0.0, self.limits.weak_overlap)
        self._begin(new, at)
        self._people = [p for p in self._people if at - p.seen_at <= self._patience(p)]
        return [_track(person, at) for person in self._people if self._present(person, at)]

    def _predict(self, at: float) -> None:
        if self._at is not None:
            for person in self._people:
                person.walk.predict(max(0.0, at - self._at))
        self._at = at

    def _match(
        self, people: Sequence[_Person], detections: Sequence[Detection], at: float, reach: float, least: float
    ) -> tuple[list[_Person], list[Detection]]:
        """Give each person their detection; return the people and the detections left over."""
        pairs = assign(_costs(people, detections, reach, least)) if people and detections else []
        for row, column in pairs:
            people[row].see(detections[column], at)
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [person for i, person in enumerate(people) if i not in rows],
            [detection for i, detection in enumerate(detections) if i not in columns],
        )

    def _begin(self, detections: Sequence[Detection], at: float) -> None:
        for detection in detections:
            self._people.append(_Person(self._next, detection, at, self.limits))
            self._next += 1

    def _present(self, person: _Person, at: float) -> bool:
        # Who was walking out when last seen is gone, not hidden.
        x, _ = person.walk.foot
        return person.shown() and at - person.seen_at <= self.limits.coast_s and 0.0 <= x <= 1.0

    def _patience(self, person: _Person) -> float:
        return self.limits.forget_s if person.shown() else self.limits.coast_s


def _costs(people: Sequence[_Person], detections: Sequence[Detection], reach: float, least: float) -> Matrix:
    """One minus the overlap of each expected box with each detected one, both grown by ``reach``."""
    cost = np.full((len(people), len(detections)), FORBIDDEN)
    expected = [person.walk.box.grown(reach) for person in people]
    seen = [detection.box.grown(reach) for detection in detections]
    for row, here in enumerate(expected):
        for column, there in enumerate(seen):
            overlap = iou(here, there)
            if overlap >= least:
                cost[row, column] = 1.0 - overlap
    return cost


def _track(person: _Person, at: float) -> Track:
    return Track(person.number, person.walk.box, person.score, at - person.seen_at)
