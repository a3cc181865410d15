"""What a guardian is to be told of a student's day, given what was told already. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from attendance.guardians.notices import (
    Day,
    Drop,
    Facts,
    New,
    NoticeKind,
    NoticeState,
    Step,
    Timing,
    Told,
    after_quiet,
    claim_of,
)
from attendance.policy import MACHINE, Status
from campus.clock import to_ms

# What each kind of notice is wanted under; a correction follows what it corrects.
_WISH: Mapping[NoticeKind, str] = {
    "arrived": "arrived",
    "left": "left",
    "back": "left",
    "absent": "absent",
    "leave": "leave",
}


def steps(day: Day, told: Sequence[Told], wants: Collection[str], timing: Timing, now: datetime) -> list[Step]:
    """What to make and what to change, so that the guardian has heard of the day as it is known at ``now``.

    The same day looked at twice gives nothing the second time: one message for one fact.
    """
    return [
        *_of_arrival(day, told, wants, timing, now),
        *_of_passages(day, told, wants, timing, now),
        *_of_decisions(day, told, wants, timing, now),
    ]


# Arrival: a chain of what was said, where each correction takes back the one before ----------------------------------


def _of_arrival(
    day: Day, told: Sequence[Told], wants: Collection[str], timing: Timing, now: datetime
) -> Iterator[Step]:
    chain = [one for one in told if f":{_TRACK}:" in one.key]
    said = next((one for one in reversed(chain) if one.state == "lettered"), None)
    open_ = [one for one in chain if one.state in ("waiting", "held")]
    wanted = _wanted_of_arrival(day, said, wants)
    for one in open_:
        if wanted is None or not _alike(one, wanted):
            yield Drop(id=one.id, why=_dropped_because(one, wants))
    if wanted is None or any(_alike(one, wanted) for one in open_) or _was_stale(chain, wanted):
        return
    key = f"{day.day}:{_TRACK}:{len(chain) + 1}"
    yield _made(wanted, key, timing, now)


_TRACK = "arrival"


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    kind: NoticeKind
    status: Status | None
    at: datetime
    facts: Facts
    state: NoticeState = "waiting"
    why: str = ""
    by: str = MACHINE


def _wanted_of_arrival(day: Day, said: Told | None, wants: Collection[str]) -> _Wanted | None:
    mark = day.arrival
    if mark is None or mark.claim is None:
        return None
    before, is_now = claim_of(said.status) if said else None, mark.claim
    facts: dict[str, str | int | None] = {"at": to_ms(mark.at), "why": mark.why, "minutes": mark.minutes}
    said_so = {"status": mark.status, "at": mark.at, "by": mark.by}
    if said is not None:
        was_wrong = (before, is_now) in (("absent", "there"), ("absent", "excused"), ("there", "absent"))
        facts |= {"said": said.status}
        return _Wanted(kind="corrected", facts=facts, **said_so) if was_wrong else None  # type: ignore[arg-type]
    if is_now == "there" and "arrived" in wants:
        return _Wanted(kind="arrived", facts=facts, **said_so)  # type: ignore[arg-type]
    if is_now == "absent" and "absent" in wants:
        return _Wanted(kind="absent", facts=facts, **said_so)  # type: ignore[arg-type]
    if is_now == "unknown" and "absent" in wants:
        return _Wanted(kind="absent", facts=facts, state="held", why=mark.why, **said_so)  # type: ignore[arg-type]
    return None


def _alike(one: Told, wanted: _Wanted) -> bool:
    return (one.kind, one.state, claim_of(one.status)) == (wanted.kind, wanted.state, claim_of(wanted.status))


def _was_stale(chain: Sequence[Told], wanted: _Wanted) -> bool:
    return any(one.why == "stale" and one.kind == wanted.kind and one.at == wanted.at for one in chain)


def _dropped_because(one: Told, wants: Collection[str]) -> str:
    wish = _WISH.get(one.kind)
    return "not_wanted" if wish is not None and wish not in wants else "no_longer_so"


def _send_at(wanted: _Wanted, timing: Timing, now: datetime) -> datetime | None:
    """An absence that a machine decided waits until late evidence had its chance; what a person said does not."""
    if wanted.state == "held":
        return None
    wait = timing.settle if wanted.kind == "absent" and wanted.by == MACHINE else timing.gather
    return after_quiet(now + wait, timing.quiet, timing.zone)


def _made(wanted: _Wanted, key: str, timing: Timing, now: datetime) -> New:
    news_for = {"absent": timing.absence, "corrected": timing.correction, "leave": timing.decision}
    since = now if wanted.kind == "corrected" else wanted.at
    stale_at = since + news_for.get(wanted.kind, timing.fresh)
    stale = stale_at <= now
    return New(
        key=key,
        kind=wanted.kind,
        status=wanted.status,
        facts=wanted.facts,
        state="dropped" if stale else wanted.state,
        why="stale" if stale else wanted.why,
        at=wanted.at,
        send_at=None if stale else _send_at(wanted, timing, now),
        stale_at=stale_at,
    )


# Leaving, and coming back after a leaving that was told ---------------------------------------------------------------


def _of_passages(
    day: Day, told: Sequence[Told], wants: Collection[str], timing: Timing, now: datetime
) -> Iterator[Step]:
    known = {one.key for one in told}
    ways = {f"{day.day}:{way.kind}:{id_}": way for id_, way in _ways(day)}
    for key, way in ways.items():
        if key not in known and "left" in wants:
            yield _made(way, key, timing, now)
    for one in told:
        if one.kind not in ("left", "back") or (one.key in ways and "left" in wants):
            continue
        if one.state == "waiting":
            yield Drop(id=one.id, why=_dropped_because(one, wants))
        elif one.state == "lettered" and one.kind == "left" and one.key not in ways and f"{one.key}:not" not in known:
            facts: Facts = {"at": to_ms(one.at), "said": "left"}
            yield _made(_Wanted(kind="corrected", status=None, at=one.at, facts=facts), f"{one.key}:not", timing, now)


def _ways(day: Day) -> Iterator[tuple[str, _Wanted]]:
    """Going out, once until the way back; and the way back, which is no first arrival."""
    outside = False
    for number, one in enumerate(day.passages):
        facts: Facts = {"at": to_ms(one.at)}
        if one.direction == "out" and not outside:
            yield one.id, _Wanted(kind="left", status=None, at=one.at, facts=facts)
        elif one.direction == "in" and outside and number:
            yield one.id, _Wanted(kind="back", status=None, at=one.at, facts=facts)
        outside = one.direction == "out"


def _of_decisions(
    day: Day, told: Sequence[Told], wants: Collection[str], timing: Timing, now: datetime
) -> Iterator[Step]:
    known = {one.key for one in told}
    for one in day.decisions if "leave" in wants else ():
        key = f"{day.day}:leave:{one.id}:{one.state}"
        if key not in known:
            facts: Facts = {"state": one.state, "from": to_ms(one.starts), "to": to_ms(one.ends)}
            yield _made(_Wanted(kind="leave", status=None, at=one.at, facts=facts), key, timing, now)
