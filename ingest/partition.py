"""Which process takes which school: rendezvous hashing, so that adding a process moves as few schools as can be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from campus import topics
from campus.errors import SettingsError


class Partition(msgspec.Struct, frozen=True):
    """Part ``index`` (from 1) of ``count``."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise SettingsError("ingest.partition", f"{self.index}/{self.count} is no part", "Use 1/2, 2/2 and so on")

    @classmethod
    def parse(cls, text: str) -> Partition:
        """Read ``2/8``."""
        index, _, count = text.partition("/")
        if not (index.isdigit() and count.isdigit()):
            raise SettingsError("ingest.partition", f"{text!r} is not index/count", "Write it like 2/8")
        return cls(int(index), int(count))

    def owns(self, school: str) -> bool:
        """Whether this part takes ``school`` (highest random weight; Thaler and Ravishankar, 1998)."""
        return max(range(1, self.count + 1), key=lambda index: _weight(index, school)) == self.index

    def subscriptions(self, schools: Iterable[str]) -> list[str]:
        """The topic filters of this part: everything when it is the only one, else its own schools'."""
        if self.count == 1:
            return topics.subscription()
        return [filter_ for school in sorted(schools) if self.owns(school) for filter_ in topics.subscription(school)]


def _weight(index: int, school: str) -> bytes:
    return hashlib.blake2b(f"{index}/{school}".encode(), digest_size=8).digest()
