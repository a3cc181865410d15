"""When a zone is armed: spans of local time that may pass midnight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from edge_agent.settings import parse_span


class ArmedHours:
    """The hours in which a zone is armed; no hours given means always."""

    def __init__(self, spans: Sequence[str], zone: ZoneInfo) -> None:
        self._spans = [parse_span(span) for span in spans]
        self._zone = zone

    def armed(self, now: datetime) -> bool:
        """Whether the zone is armed at ``now`` (aware). A span holds its first minute and not its last."""
        if not self._spans:
            return True
        local = now.astimezone(self._zone).time()
        return any(_within(local, begin, end) for begin, end in self._spans)


def _within(moment: time, begin: time, end: time) -> bool:
    if begin <= end:
        return begin <= moment < end
    return moment >= begin or moment < end
