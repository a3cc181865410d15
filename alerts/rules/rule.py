"""What every rule can say: texts, severity, schedule; validated when made, and the source of schema and reference."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from string import Formatter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Severity = Literal["info", "warning", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "major", "critical")  # mildest first
DeviceKind = Literal["camera", "gate", "lab", "headset", "sensor", "agent"]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
DayKind = Literal["school", "makeup", "exam", "holiday"]
DayPart = Literal[
    "arrival", "lesson", "break", "exercise", "lunch", "dismissal", "school_hours", "after_hours"
]  # fmt: skip
PLACEHOLDERS = frozenset({"place", "device", "class", "value", "limit", "unit"})

RuleId = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9-]{1,62}$",
        description="Name of the rule: lower case, digits and hyphens. It stands in every alarm the rule raises.",
    ),
]
Devices = Annotated[tuple[DeviceKind, ...], Meta(description="Kinds of device the rule listens to; empty: every kind.")]
Places = Annotated[
    tuple[str, ...], Meta(description="Ids of the places whose devices the rule listens to; empty: every place.")
]
SeverityKey = Annotated[
    Severity, Meta(description="info, warning, major or critical: decides order, colour and who is told.")
]


class Bilingual(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text in Chinese and in English; both are asked for, so that nobody reads an empty line."""

    zh: Annotated[str, Meta(min_length=1, max_length=2000, description="The text in Chinese.")]
    en: Annotated[str, Meta(min_length=1, max_length=2000, description="The text in English.")]

    def filled(self, words: dict[str, Bilingual]) -> Bilingual:
        """The text with ``{place}`` and its like replaced; a placeholder without a word becomes a dash."""
        zh = {name: words[name].zh if name in words else "—" for name in PLACEHOLDERS}
        en = {name: words[name].en if name in words else "—" for name in PLACEHOLDERS}
        return Bilingual(zh=self.zh.format_map(zh), en=self.en.format_map(en))


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the school's time. Every key that is given must fit; of several values in a key, one."""

    days: Annotated[
        tuple[DayKind, ...],
        Meta(description="Kinds of day by the calendar: school, makeup, exam, holiday (weekends are holidays)."),
    ] = ()
    parts: Annotated[
        tuple[DayPart, ...],
        Meta(
            description="Parts of the day by the bells: a kind of period (arrival, lesson, break, exercise, lunch, "
            "dismissal), school_hours (when students belong on site) or after_hours (no school hours, no period)."
        ),
    ] = ()
    hours: Annotated[
        str,
        Meta(
            pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$", description="Local time, like 22:00-06:00."
        ),
    ] = ""

    def __post_init__(self) -> None:
        if not (self.days or self.parts or self.hours):
            raise ValueError("a schedule names `days`, `parts` or `hours`")
        if self.hours and self.hours[:5] == self.hours[6:]:
            raise ValueError(f"`hours` {self.hours} begin and end at the same minute")

    def fits(self, day: str, parts: Collection[str], minute: int) -> bool:
        """Whether a moment lies in the schedule: its kind of day, its parts, its minute after local midnight."""
        if (self.days and day not in self.days) or (self.parts and not set(self.parts) & set(parts)):
            return False
        if not self.hours:
            return True
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in self.hours.split("-"))
        return start <= minute < end if start < end else not end <= minute < start


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the rule's severity is another one: every key that is given must fit."""

    severity: SeverityKey
    when: Annotated[Schedule | None, Meta(description="At these times; see `when` of a rule.")] = None
    expected_at_least: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="When by timetable and leave at least so many students should be in the place."),
    ] = None

    def __post_init__(self) -> None:
        if self.when is None and self.expected_at_least is None:
            raise ValueError("a context names `when` or `expected_at_least`")


class RuleBase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every rule has."""

    id: RuleId
    title: Annotated[
        Bilingual,
        Meta(
            description="One line for the alarm list, at most 120 characters. May use {place}, {device}, {class}, "
            "{value}, {limit} and {unit}."
        ),
    ]
    severity: SeverityKey
    runbook: Annotated[Bilingual, Meta(description="What the person who sees the alarm should do, step by step.")]
    why: Annotated[str, Meta(min_length=1, max_length=500, description="Why the rule exists and why these limits.")]
    source: Annotated[str, Meta(max_length=300, description="The standard or study the limits come from, if any.")] = ""
    places: Places = ()
    when: Annotated[
        Schedule | None,
        Meta(description="The rule is on at these times only: an object with `days`, `parts` and `hours`, see below."),
    ] = None
    contexts: Annotated[
        tuple[Context, ...],
        Meta(description="Other severities for other circumstances, the first that fits: see below."),
    ] = ()
    suppressed_by: Annotated[
        tuple[RuleId, ...],
        Meta(
            description="Ids of rules: while one of them has an open alarm about the same device or place, this "
            "one's is suppressed, for the other explains it."
        ),
    ] = ()
    alarm: Annotated[
        bool, Meta(description="`false`: no alarm of its own, only a condition for combinations to join.")
    ] = True

    def __post_init__(self) -> None:
        for text in (self.title.zh, self.title.en):
            _check_title(text)

    @property
    def version(self) -> str:
        """A digest of everything the rule says: two alarms with the same version were raised by the same rule."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]

    def covers(self, place: str | None) -> bool:
        """Whether a device at ``place`` is listened to."""
        return not self.places or place in self.places


def _check_title(text: str) -> None:
    if len(text) > 120:
        raise ValueError(f"a title has at most 120 characters, this one has {len(text)}")
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"the title {text!r} has an unclosed brace: {error}") from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise ValueError(f"the title uses {{{name}}}; known are {', '.join(sorted(PLACEHOLDERS))}")
