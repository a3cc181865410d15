"""Rules about measured values: too high or low, changing too fast, changing state, not arriving."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from alerts.rules.rule import Devices, RuleBase, Seconds
from campus.events import EVENTS, MetricName

Above0 = Annotated[float, Meta(gt=0, le=604_800)]


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


class RateRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rate"):
    """A measured value rises or falls too fast: by so much within so many seconds.

    Raised at the first reading that differs so much from another one of the window, and returns when the values of a
    whole window lie within ``clears`` of each other. The window lives in memory: after a restart it fills anew.
    """

    metric: Annotated[MetricName, Meta(description="Name of the value in the telemetry, e.g. temperature.")]
    unit: Annotated[str, Meta(max_length=16, description="Unit of the value, as shown to people.")] = ""
    rises: Annotated[float | None, Meta(description="Raise when it rises by so much. Give this or `falls`.")] = None
    falls: Annotated[float | None, Meta(description="Raise when it falls by so much. Give this or `rises`.")] = None
    within_s: Annotated[Above0, Meta(description="The window, in seconds.")]
    clears: Annotated[
        float | None, Meta(description="Return when it changed by less than this; left out: half of the limit.")
    ] = None
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.rises is None) == (self.falls is None):
            raise ValueError("a rate rule has either `rises` or `falls`")
        if self.limit <= 0:
            raise ValueError(f"a change of {self.limit:g} is none; give an amount above 0")
        if self.clears is not None and not 0 < self.clears <= self.limit:
            raise ValueError(f"`clears` ({self.clears:g}) lies between 0 and the limit ({self.limit:g})")

    @property
    def limit(self) -> float:
        """The change that trips the rule."""
        return self.rises if self.rises is not None else self.falls or 0.0

    def judge(self, change: float, *, active: bool) -> bool | None:
        """Whether a ``change`` in the rule's direction trips or clears it; None in between while it is active."""
        if change >= self.limit:
            return True
        clears = self.limit / 2 if self.clears is None else self.clears
        return False if not active or change < clears else None


class ChangeRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="change"):
    """A state changes: a value becomes another one, such as a door contact from 0 to 1.

    With ``to`` it returns when the value is another one again; without, when it has not changed for
    ``clears_after_s``. The last value is remembered over a restart. The first value ever heard is no change.
    """

    metric: Annotated[MetricName, Meta(description="Name of the value in the telemetry; true counts as 1.")]
    before: Annotated[float | None, Meta(description="Only from this value; left out: from any other.")] = None
    to: Annotated[float | None, Meta(description="Only to this value; left out: to any other.")] = None
    for_s: Annotated[Seconds, Meta(description="Seconds the new state must last; needs `to`.")] = 0
    clears_after_s: Annotated[
        Above0 | None, Meta(description="Return when there was no change for so many seconds.")
    ] = None
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to is None and self.clears_after_s is None:
            raise ValueError("a change rule without `to` never says that it is over: give `clears_after_s`")
        if self.to is None and self.for_s:
            raise ValueError("`for_s` asks how long a state lasts: give the state with `to`")
        if self.to is not None and self.to == self.before:
            raise ValueError("`before` and `to` are the same: that is no change")


class AbsenceRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="absence"):
    """Something that should come regularly does not: a reading, or an event such as a tap at a patrol point.

    Counted from the last one heard, from the start of the program and from the start of the rule's schedule, whichever
    is latest: a restart or the end of the holidays makes no storm. Returns when it comes again.
    """

    metric: Annotated[MetricName | None, Meta(description="The value that should arrive. Give this or `event`.")] = None
    event: Annotated[str | None, Meta(description="The event that should arrive. Give this or `metric`.")] = None
    for_s: Annotated[Above0, Meta(description="Seconds without it until the alarm.")]
    things: Annotated[
        tuple[str, ...],
        Meta(description="Ids of the devices it should come from, also if it never did; empty: all that did."),
    ] = ()
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.metric is None) == (self.event is None):
            raise ValueError("an absence rule has either `metric` or `event`")
        if self.event is not None and self.event not in EVENTS:
            raise ValueError(f"there is no event {self.event!r}; known are {', '.join(sorted(EVENTS))}")
