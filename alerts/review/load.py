"""What alarms ask of the people who take them: load, floods, standing alarms, bad actors, chattering, response times.

After EEMUA 191 (third edition, 2013) and ISA-18.2-2016, chapter 16. An alarm counts when it asks somebody: each time it
is raised and was normal or returned before, and when it comes back from a shelf or from suppression while its condition
holds. What is suppressed, shelved or out of service asks nobody. Pure functions of values: `alerts.review.load_queries`
reads them.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

TEN_MINUTES = timedelta(minutes=10)
FLOOD = 10  # alarms of one person in 10 minutes: more is a flood (EEMUA 191)
STALE = timedelta(hours=24)  # ISA-18.2: an alarm that stands so long tells nothing new
CHATTER_TIMES, CHATTER_WITHIN = 3, timedelta(seconds=60)  # ISA-18.2: three times in a minute
TOP = 10

# EEMUA 191, table: the average of one person in steady operation, alarms in 10 minutes.
Rating = Literal["acceptable", "manageable", "demanding", "unacceptable"]
LIMITS: tuple[tuple[float, Rating], ...] = ((1.0, "acceptable"), (2.0, "manageable"), (5.0, "demanding"))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an alarm asked somebody. ``about`` is a device, place or class, never a student."""

    alarm: str
    rule: str
    about: str
    severity: str
    at: datetime


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One acknowledge: how long it took, and on which post and in which shift; empty where no shift is on record."""

    post: str
    shift: str
    seconds: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that is open now, and for how long."""

    alarm: str
    rule: str
    about: str
    severity: str
    seconds: float
    stale: bool


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and what it is about, with its share of all alarms."""

    rule: str
    about: str
    alarms: int
    share: float


class Chatter(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and what it is about that came three times in a minute or more often; ``minutes``: in how many."""

    rule: str
    about: str
    minutes: int
    worst: int


class Nuisance(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with what its alarms turned out to be: judged true or false by people."""

    rule: str
    judged: int
    false: int
    share: float


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took on a post in a shift until somebody acknowledged, in seconds."""

    post: str
    shift: str
    alarms: int
    median_s: float
    p90_s: float


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """The figures from ``since`` to ``until`` for ``guards`` people on duty on average (1 when nobody is on record)."""

    since: datetime
    until: datetime
    guards: float
    guards_known: bool
    alarms: int
    per_hour: float  # of one person
    per_ten_minutes: float  # of one person
    rating: Rating
    peak: float  # of one person in the worst 10 minutes
    peak_at: datetime | None
    flood_minutes: float  # in stretches of 10 minutes with more than 10 alarms of one person
    flood_share: float
    hours: tuple[int, ...]  # alarms by the hour of the local day, 0 to 23
    severities: Mapping[str, int]
    standing: tuple[Standing, ...]  # the longest first
    stale: int
    bad_actors: tuple[Actor, ...]
    bad_actors_share: float  # the share of all alarms that the ten worst have
    chattering: tuple[Chatter, ...]
    nuisances: tuple[Nuisance, ...]
    responses: tuple[Response, ...]


def figures(
    asked: Sequence[Asked],
    taken: Iterable[Taken],
    standing: Sequence[Standing],
    outcomes: Mapping[str, Mapping[str, int]],
    guards: float,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> Load:
    """Compute the figures. ``outcomes``: of each rule how many alarms turned out true and false.

    ``guards`` is the mean number of people on duty, 0 when no shift is on record.
    """
    people = guards or 1.0
    span = max((until - since) / TEN_MINUTES, 1e-9)
    per_ten = len(asked) / span / people
    peak, peak_at, flooded = _peak(asked, since, people)
    actors = _bad_actors(asked)
    return Load(
        since=since,
        until=until,
        guards=people,
        guards_known=guards > 0,
        alarms=len(asked),
        per_hour=per_ten * 6,
        per_ten_minutes=per_ten,
        rating=rating(per_ten),
        peak=peak,
        peak_at=peak_at,
        flood_minutes=10.0 * flooded,
        flood_share=min(1.0, flooded / span),
        hours=_hours(asked, zone),
        severities=dict(Counter(one.severity for one in asked)),
        standing=tuple(sorted(standing, key=lambda one: -one.seconds)),
        stale=sum(one.stale for one in standing),
        bad_actors=actors,
        bad_actors_share=sum(one.share for one in actors),
        chattering=_chattering(asked),
        nuisances=_nuisances(outcomes),
        responses=_responses(taken),
    )


def rating(per_ten_minutes: float) -> Rating:
    """What EEMUA 191 says of so many alarms of one person in 10 minutes, on average."""
    return next((word for limit, word in LIMITS if per_ten_minutes <= limit), "unacceptable")


def is_stale(raised_at: datetime, now: datetime) -> bool:
    """Whether an open alarm stands too long to tell anything."""
    return now - raised_at > STALE


def _peak(asked: Sequence[Asked], since: datetime, people: float) -> tuple[float, datetime | None, int]:
    """The worst stretch of one person, when it began, and how many stretches were a flood."""
    counts = Counter((one.at - since) // TEN_MINUTES for one in asked)
    if not counts:
        return 0.0, None, 0
    worst, most = min(counts.items(), key=lambda item: (-item[1], item[0]))
    flooded = sum(count / people > FLOOD for count in counts.values())
    return most / people, since + worst * TEN_MINUTES, flooded


def _hours(asked: Iterable[Asked], zone: ZoneInfo) -> tuple[int, ...]:
    counts = Counter(one.at.astimezone(zone).hour for one in asked)
    return tuple(counts[hour] for hour in range(24))


def _bad_actors(asked: Sequence[Asked]) -> tuple[Actor, ...]:
    counts = Counter((one.rule, one.about) for one in asked)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return tuple(Actor(rule=rule, about=about, alarms=n, share=n / len(asked)) for (rule, about), n in ranked)


def _chattering(asked: Iterable[Asked]) -> tuple[Chatter, ...]:
    """Windows of a minute, each beginning with an alarm and none overlapping the one before."""
    times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in asked:
        times[one.rule, one.about].append(one.at)
    found = []
    for (rule, about), moments in times.items():
        windows = _windows(sorted(moments))
        if windows:
            found.append(Chatter(rule=rule, about=about, minutes=len(windows), worst=max(windows)))
    return tuple(sorted(found, key=lambda one: (-one.minutes, -one.worst, one.rule, one.about))[:TOP])


def _windows(moments: Sequence[datetime]) -> list[int]:
    found, begin = [], 0
    while begin < len(moments):
        inside = sum(moments[begin] <= at < moments[begin] + CHATTER_WITHIN for at in moments[begin:])
        if inside >= CHATTER_TIMES:
            found.append(inside)
        begin += inside if inside >= CHATTER_TIMES else 1
    return found


def _nuisances(outcomes: Mapping[str, Mapping[str, int]]) -> tuple[Nuisance, ...]:
    found = []
    for rule, counts in outcomes.items():
        false, judged = counts.get("false", 0), counts.get("false", 0) + counts.get("true", 0)
        if false:
            found.append(Nuisance(rule=rule, judged=judged, false=false, share=false / judged))
    return tuple(sorted(found, key=lambda one: (-one.false, -one.share, one.rule))[:TOP])


def _responses(taken: Iterable[Taken]) -> tuple[Response, ...]:
    groups: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in taken:
        groups[one.post, one.shift].append(one.seconds)
    return tuple(
        Response(
            post=post,
            shift=shift,
            alarms=len(seconds),
            median_s=statistics.median(seconds),
            p90_s=sorted(seconds)[min(len(seconds) - 1, int(0.9 * len(seconds)))],
        )
        for (post, shift), seconds in sorted(groups.items())
    )
