"""How many people a minute cross a line, against what it can carry, and how many of them against the stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from campus.events import CameraFlow, Event
from edge_agent.camera.behaviour import ROOM, Lasting
from edge_agent.camera.lines import Crossing, LineCounter
from edge_agent.camera.seen import Seen
from edge_agent.settings import Line

WINDOW_S = 60.0
BUSY = 0.5  # share of the capacity below which two ways on one stair are no trouble


class Flow:
    """The stream over one line in the last minute of the video."""

    def __init__(self) -> None:
        self._passed: deque[tuple[float, bool]] = deque()

    def update(self, crossings: Sequence[Crossing], at: float) -> None:
        """Take the crossings of the frame at ``at``."""
        self._passed.extend((at, crossing.direction == "in") for crossing in crossings)
        while self._passed and self._passed[0][0] <= at - WINDOW_S:
            self._passed.popleft()

    @property
    def per_min(self) -> int:
        """How many crossed, either way."""
        return len(self._passed)

    @property
    def against(self) -> float:
        """The share of those who went the rarer way, 0..0.5."""
        ins = sum(inwards for _, inwards in self._passed)
        return min(ins, len(self._passed) - ins) / len(self._passed) if self._passed else 0.0


class LineRules:
    """Counts at one line, and tells when its stream is too much for it or goes both ways at once."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._counter = LineCounter(line.name, line.a, line.b)
        self._flow = Flow()
        self._over, self._counter_flow = Lasting(line.flow_s), Lasting(line.flow_s)
        self.crossings: list[Crossing] = []  # of the last frame

    def update(self, seen: Seen) -> Iterator[Event]:
        """Take the next frame."""
        self.crossings = self._counter.update(seen.tracks, seen.at)
        self._flow.update(self.crossings, seen.at)
        if self._line.per_min:
            yield from self._told(self._line.per_min, seen.at)

    def values(self) -> dict[str, float]:
        """Crossings since the agent's start; with a limit, those of the last minute and the share against them."""
        name = f"line.{self._line.name}"
        counts: dict[str, float] = {f"{name}.in": self._counter.ins, f"{name}.out": self._counter.outs}
        if self._line.per_min:
            counts |= {f"{name}.per_min": self._flow.per_min, f"{name}.against": round(self._flow.against, 3)}
        return counts

    def _told(self, capacity: int, at: float) -> Iterator[CameraFlow]:
        per_min, against = self._flow.per_min, self._flow.against
        over = self._over.update(at, begins=per_min > capacity, over=per_min <= ROOM * capacity)
        both_ways = per_min >= BUSY * capacity and against >= self._line.against
        counter = self._counter_flow.update(at, begins=both_ways, over=not both_ways)
        if over is not None:
            yield self._event("over_capacity", over, capacity)
        if counter is not None:
            yield self._event("counter_flow", counter, capacity)

    def _event(self, kind: str, active: bool, capacity: int) -> CameraFlow:
        return CameraFlow(
            kind="over_capacity" if kind == "over_capacity" else "counter_flow",
            active=active,
            line=self._line.name,
            per_min=self._flow.per_min,
            capacity=capacity,
            against=round(self._flow.against, 3),
        )
