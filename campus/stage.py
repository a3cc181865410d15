"""The one shape of every stage of the pipeline that takes messages to where they matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from campus.envelope import Envelope


class Stage(Protocol):
    """A domain's part in the pipeline's one transaction.

    Called from one thread only. ``handle`` and ``tick`` may write through ``conn`` and return facts, which the stages
    after this one see in the same transaction. What a stage remembers in memory from inside a transaction holds only
    once `committed` is called; `rolled_back` means: forget it, the same envelopes will come again.
    """

    name: str

    def handle(self, conn: Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        """Take a batch in order of arrival; return the facts concluded from it."""
        ...

    def tick(self, conn: Connection, now: datetime) -> Sequence[Envelope]:
        """Do what became due by ``now``; return the facts concluded. Called about once a second of clock time."""
        ...

    def committed(self) -> None:
        """The transaction of the last `handle` or `tick` is durable."""
        ...

    def rolled_back(self) -> None:
        """The transaction of the last `handle` or `tick` did not happen."""
        ...


@runtime_checkable
class Backlogged(Protocol):
    """A stage whose `tick` does no more than one transaction should hold."""

    def behind(self) -> bool:
        """Whether the last tick left something that is due: the next one should not wait for its second."""
        ...
