"""Presence as a table: which facts lead to which state, why, and when it can change."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.settings import Presence as Settings
from devices.presence.presence import LONGEST_SLEEP, Facts, presence

SETTINGS = Settings(late_after_s=90, silent_after_s=180, grace_s=120)
HEARD = datetime(2026, 9, 7, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return HEARD + timedelta(seconds=seconds)


SLEEP_S = LONGEST_SLEEP.total_seconds()


@dataclass
class Row:
    why: str
    now: float
    state: str
    reason: str
    next_at: float | None
    facts: dict[str, Any] = field(default_factory=dict)


TABLE = [
    Row("a device that never spoke is not silent", 9999, "never_seen", "never heard", None, {"heard_at": None}),
    Row("an old will of a device that never spoke here says nothing", 0, "never_seen", "never heard", None,
        {"heard_at": None, "said": "offline", "said_at": at(0)}),
    Row("just heard", 0, "online", "heard", 90),
    Row("one beat before it is late", 89.999, "online", "heard", 90),
    Row("late from that very moment", 90, "late", "late heartbeat", 180),
    Row("late until just before it is given up", 179.999, "late", "late heartbeat", 180),
    Row("given up by the age of its heartbeat", 180, "offline", "heartbeat too old", None),
    Row("given up stays given up", 99999, "offline", "heartbeat too old", None, {"given_up": "heartbeat too old"}),
    Row("a will may be that of a connection it replaced itself", 30, "late", "last will just came", 35,
        {"said": "offline", "said_at": at(30)}),
    Row("a will counts when the device did not come back", 35, "offline", "last will", None,
        {"said": "offline", "said_at": at(30)}),
    Row("a will older than the last message is refuted by it", 0, "online", "heard", 90,
        {"said": "offline", "said_at": at(-1)}),
    Row("a will that comes after the heartbeat was too old changes nothing", 200, "offline", "heartbeat too old", None,
        {"said": "offline", "said_at": at(190), "given_up": "heartbeat too old"}),
    Row("a sleeper may be quiet", 7200, "sleeping", "sleeping", SLEEP_S, {"said": "sleeping", "said_at": at(0)}),
    Row("a sleeper that never wakes is not forgotten", SLEEP_S, "offline", "heartbeat too old", None,
        {"said": "sleeping", "said_at": at(0)}),
    Row("behind a dead parent a quiet child is silent because of it", 95, "offline", "parent", None,
        {"parent": "down"}),
    Row("behind a dead parent a child that still speaks is online", 80, "online", "heard", 90, {"parent": "down"}),
    Row("a child stays silent because of the parent until it was heard or had its time", 130, "offline", "parent", 180,
        {"given_up": "parent"}),
    Row("a child that died by itself before its parent keeps its own reason", 500, "offline", "last will", None,
        {"said": "offline", "said_at": at(30), "given_up": "last will", "parent": "down"}),
    Row("while the parent is late the child waits for the verdict on it", 185, "late", "late heartbeat", 200,
        {"parent": "late", "parent_next": at(200)}),
    Row("a parent whose verdict is overdue is given a second", 205, "late", "late heartbeat", 206,
        {"parent": "late", "parent_next": at(200)}),
    Row("in the grace after a start nobody is given up", 500, "late", "late heartbeat", 560, {"hold_until": at(560)}),
    Row("nor for a will that was kept by the broker", 500, "late", "last will just came", 560,
        {"said": "offline", "said_at": at(40), "hold_until": at(560)}),
    Row("when the grace is over they are", 560, "offline", "heartbeat too old", None, {"hold_until": at(560)}),
    Row("who was silent before the start stays so: no false return, no second alarm", 500, "offline", "last will", 560,
        {"said": "offline", "said_at": at(40), "given_up": "last will", "hold_until": at(560)}),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.why)
def test_presence(row: Row) -> None:
    facts = Facts(**{"heard_at": HEARD, **row.facts})
    found = presence(facts, at(row.now), SETTINGS)
    expected_next = None if row.next_at is None else at(row.next_at)
    assert (found.state, found.reason, found.next_at) == (row.state, row.reason, expected_next)


moments = st.integers(-400, 2000).map(at)
any_facts = st.builds(
    Facts,
    said=st.sampled_from(["", "online", "offline", "sleeping"]),
    said_at=st.none() | moments,
    heard_at=st.none() | st.just(HEARD),
    given_up=st.sampled_from(["", "parent", "last will", "heartbeat too old"]),
    parent=st.sampled_from(["up", "late", "down"]),
    parent_next=st.none() | moments,
    hold_until=st.none() | moments,
)


@given(any_facts, st.integers(0, 3000), st.integers(0, 3000))
def test_presence_never_flips_without_new_facts_or_time_passing_next_at(facts: Facts, first: int, wait: int) -> None:
    before = presence(facts, at(first), SETTINGS)
    after = presence(facts, at(first + wait), SETTINGS)
    if before.next_at is None or at(first + wait) < before.next_at:
        assert (after.state, after.reason) == (before.state, before.reason)


@given(any_facts, st.integers(0, 3000))
def test_the_next_moment_lies_ahead_and_what_time_cannot_change_has_none(facts: Facts, seconds: int) -> None:
    found = presence(facts, at(seconds), SETTINGS)
    assert found.next_at is None or found.next_at > at(seconds)
    assert found.next_at is not None or found.state in {"never_seen", "offline"}


@given(any_facts, st.integers(0, 3000))
def test_who_was_given_up_does_not_come_back_without_being_heard(facts: Facts, seconds: int) -> None:
    if facts.given_up and facts.heard_at is not None:
        assert presence(facts, at(seconds), SETTINGS).state == "offline"
