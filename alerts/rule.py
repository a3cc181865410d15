"""What a rule can say: typed structs, validated when made, from which the schema and the reference are written."""

from __future__ import annotations

import hashlib
from string import Formatter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from campus.events import EVENTS, MetricName

Severity = Literal["info", "warning", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "major", "critical")  # mildest first
DeviceKind = Literal["camera", "gate", "lab", "headset", "sensor", "agent"]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
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


class ThresholdRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold"):
    """A measured value is too high or too low, with hysteresis, for a while.

    The alarm is raised when every reading for ``for_s`` was beyond the limit, and returns at the first reading
    on the other side of ``clears``. Late readings change nothing: they are history.
    """

    metric: Annotated[MetricName, Meta(description="Name of the value in the telemetry, e.g. co2.")]
    unit: Annotated[str, Meta(max_length=16, description="Unit of the value, as shown to people.")] = ""
    above: Annotated[float | None, Meta(description="Raise when the value is above this. Give this or `below`.")] = None
    below: Annotated[float | None, Meta(description="Raise when the value is below this. Give this or `above`.")] = None
    clears: Annotated[
        float | None,
        Meta(
            description="Return when the value is below this (with `above`) or above this (with `below`); "
            "left out: the limit itself. The distance keeps a value at the edge from ringing all day."
        ),
    ] = None
    for_s: Annotated[
        Seconds, Meta(description="Seconds the value must stay beyond the limit; 0: the first reading.")
    ] = 0
    gap_s: Annotated[
        Annotated[float, Meta(gt=0, le=86_400)],
        Meta(
            description="Two readings further apart than this do not join to one stretch: set it above the sending "
            "interval of the device."
        ),
    ] = 300
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.above is None) == (self.below is None):
            raise ValueError("a threshold rule has either `above` or `below`")
        if self.clears is not None and self.above is not None and self.clears > self.above:
            raise ValueError(f"`clears` ({self.clears:g}) must not be above `above` ({self.above:g})")
        if self.clears is not None and self.below is not None and self.clears < self.below:
            raise ValueError(f"`clears` ({self.clears:g}) must not be below `below` ({self.below:g})")

    @property
    def limit(self) -> float:
        """The value beyond which the rule trips."""
        return self.above if self.above is not None else self.below or 0.0

    def beyond(self, value: float) -> bool:
        """Whether ``value`` is beyond the limit."""
        return value > self.above if self.above is not None else value < self.limit

    def returned(self, value: float) -> bool:
        """Whether ``value`` ends an alarm: on the far side of ``clears``, or no longer beyond the limit without it."""
        if self.clears is None:
            return not self.beyond(value)
        return value < self.clears if self.above is not None else value > self.clears

    def judge(self, value: float, *, active: bool) -> bool | None:
        """Whether ``value`` trips (True) or clears (False) the rule; None inside the band while an alarm is active."""
        if self.beyond(value):
            return True
        return False if not active or self.returned(value) else None


class EventRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="event"):
    """A device says that something happened.

    An event that has ``active`` raises when it is true and returns when it is false. Any other returns when it has
    not been repeated for ``clears_after_s``. A late event still raises: a smoke alarm that was stored while the
    network was down is news to the guard.
    """

    event: Annotated[str, Meta(description="Type of the event, e.g. camera.intrusion; see the events reference.")]
    match: Annotated[
        dict[str, str | bool], Meta(description="Fields of the event that must have exactly this value.")
    ] = {}
    at_least: Annotated[dict[str, float], Meta(description="Fields of the event that must be at least this.")] = {}
    clears_after_s: Annotated[
        Annotated[float, Meta(gt=0, le=604_800)] | None,
        Meta(description="Return when the event has not been repeated for so many seconds."),
    ] = None
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = EVENTS.get(self.event)
        if kind is None:
            raise ValueError(f"there is no event {self.event!r}; known are {', '.join(sorted(EVENTS))}")
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        for name in (*self.match, *self.at_least):
            if name not in fields:
                raise ValueError(f"{self.event} has no field {name!r}; it has {', '.join(sorted(fields))}")
        for name, wanted in self.match.items():
            _check_possible(f"{self.event} {name}", wanted, fields[name])
        if "active" in fields and "active" in self.match:
            raise ValueError("`active` raises and returns by itself; leave it out of `match`")
        if "active" not in fields and self.clears_after_s is None:
            raise ValueError(f"{self.event} never says that it is over: give `clears_after_s`")


class SilenceRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="silence"):
    """A device is silent: presence gave it up by its last will or its heartbeat. Returns when it speaks again.

    Devices behind a silent parent do not alarm for themselves: one cut cable is one alarm.
    """

    devices: Devices = ()
    severity_of: Annotated[
        dict[DeviceKind, Severity], Meta(description="A severity of its own for some kinds of device.")
    ] = {}


class LeftInSchoolHoursRule(
    RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="left_in_school_hours"
):
    """A student went out through a gate in school hours and no approved leave covers it.

    Joins gate passes, bell times, calendar and leave. Returns when the student comes back in, when leave is recorded
    afterwards, or when school is out.
    """

    for_s: Annotated[
        Seconds, Meta(description="Seconds the student may be out before the alarm; 0: at the pass itself.")
    ] = 0


Rule = ThresholdRule | EventRule | SilenceRule | LeftInSchoolHoursRule
RULE_KINDS: tuple[type[RuleBase], ...] = (ThresholdRule, EventRule, SilenceRule, LeftInSchoolHoursRule)


def severity_for(rule: Rule, device_kind: str) -> Severity:
    """The severity of an alarm that ``rule`` raises for a device of ``device_kind``."""
    if isinstance(rule, SilenceRule):
        own: dict[Any, Severity] = rule.severity_of
        return own.get(device_kind, rule.severity)
    return rule.severity


def _check_possible(what: str, wanted: str | bool, kind: Any) -> None:
    """Refuse a value the field can never have: such a rule would wait for ever."""
    try:
        msgspec.convert(wanted, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{what} can never be {wanted!r}: {error}") from None


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
