"""The trail of a device's messages: boot and sequence numbers tell what is missing and what was lost for good."""

from __future__ import annotations

import msgspec

# More holes than this at once are not kept apart: the oldest is counted as lost.
MAX_HOLES = 16
MOST_LOST = 10**15  # a device that makes its numbers up must not count beyond what a column holds


class Trail(msgspec.Struct, frozen=True):
    """How far a device has counted.

    ``missing`` are the holes (first, last) of this boot that late messages may still fill; ``lost`` counts messages
    given up for good. ``boot_before`` is the run before this one: what its spool brings late is no new boot.
    """

    boot: str = ""
    boot_before: str = ""
    boots: int = 0
    seq: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    lost: int = 0

    @property
    def gaps(self) -> int:
        """How many messages have not come: the lost ones and those that may still come late."""
        return self.lost + sum(last - first + 1 for first, last in self.missing)


def follow(trail: Trail, boot: str, first: int, last: int, count: int, late: bool = False) -> Trail:
    """The trail after a message that carries ``count`` numbers from ``first`` to ``last``.

    0 means that the device does not number, "" that it does not tell its boot. Numbers start anywhere in a boot: what
    came before the first one seen is not counted as missing. Duplicates change nothing.
    """
    if boot != trail.boot:
        # What was stored while offline may come from an earlier run, after messages of the present one.
        if late or boot in {"", trail.boot_before}:
            return trail
        return Trail(boot, trail.boot, trail.boots + 1, last, (), min(trail.gaps, MOST_LOST))
    if last <= 0:
        return trail
    if trail.seq == 0:
        return msgspec.structs.replace(trail, seq=last)
    if first > trail.seq:
        return _forward(trail, first, last, count)
    return _fill(trail, first, last)


def _forward(trail: Trail, first: int, last: int, count: int) -> Trail:
    holes, lost = trail.missing, trail.lost + max(0, last - first + 1 - count)
    if first > trail.seq + 1:
        holes = (*holes, (trail.seq + 1, first - 1))
    if len(holes) > MAX_HOLES:
        lost += holes[0][1] - holes[0][0] + 1
        holes = holes[1:]
    return Trail(trail.boot, trail.boot_before, trail.boots, last, holes, min(lost, MOST_LOST))


def _fill(trail: Trail, first: int, last: int) -> Trail:
    """The holes without ``first`` to ``last``: a late message closes a hole, splits it, or was a duplicate."""
    holes: list[tuple[int, int]] = []
    for start, end in trail.missing:
        pieces = ((start, min(end, first - 1)), (max(start, last + 1), end))
        holes += [piece for piece in pieces if piece[0] <= piece[1]]
    return msgspec.structs.replace(trail, seq=max(trail.seq, last), missing=tuple(holes[-MAX_HOLES:]))
