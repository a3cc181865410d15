"""Rules about what devices say: an event happened, happened too often, or the device fell silent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from alerts.rules.rule import DeviceKind, Devices, RuleBase, Severity
from campus.events import EVENTS


class Happening(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What rules about events have: which event, and what it must say."""

    event: Annotated[str, Meta(description="Type of the event, e.g. camera.intrusion; see the events reference.")]
    match: Annotated[
        dict[str, str | bool], Meta(description="Fields of the event that must have exactly this value.")
    ] = msgspec.field(default_factory=dict)
    at_least: Annotated[dict[str, float], Meta(description="Fields of the event that must be at least this.")] = (
        msgspec.field(default_factory=dict)
    )
    devices: Devices = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        fields = self._fields()
        for name in (*self.match, *self.at_least):
            if name not in fields:
                raise ValueError(f"{self.event} has no field {name!r}; it has {', '.join(sorted(fields))}")
        for name, wanted in self.match.items():
            _check_possible(f"{self.event} {name}", wanted, fields[name])

    def _fields(self) -> dict[str, Any]:
        kind = EVENTS.get(self.event)
        if kind is None:
            raise ValueError(f"there is no event {self.event!r}; known are {', '.join(sorted(EVENTS))}")
        return {field.name: field.type for field in msgspec.structs.fields(kind)}


class EventRule(Happening, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="event"):
    """A device says that something happened.

    An event that has ``active`` raises when it is true and returns when it is false. Any other returns when it has
    not been repeated for ``clears_after_s``. A late event still raises: a smoke alarm that was stored while the
    network was down is news to the guard.
    """

    clears_after_s: Annotated[
        Annotated[float, Meta(gt=0, le=604_800)] | None,
        Meta(description="Return when the event has not been repeated for so many seconds."),
    ] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        fields = self._fields()
        if "active" in fields and "active" in self.match:
            raise ValueError("`active` raises and returns by itself; leave it out of `match`")
        if "active" not in fields and self.clears_after_s is None:
            raise ValueError(f"{self.event} never says that it is over: give `clears_after_s`")


class CountRule(Happening, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="count"):
    """The same event comes too often: ``times`` within ``within_s``.

    Returns when it was quiet for ``within_s``. The window survives a restart. Of events that have ``active`` only those
    that raise count.
    """

    times: Annotated[int, Meta(ge=2, le=1000, description="How many make an alarm.")]
    within_s: Annotated[float, Meta(gt=0, le=604_800, description="The window, in seconds.")]
    over: Annotated[
        Literal["device", "place"], Meta(description="Count those of one device, or of all devices of a place.")
    ] = "device"


class SilenceRule(RuleBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="silence"):
    """A device is silent: presence gave it up by its last will or its heartbeat. Returns when it speaks again.

    Devices behind a silent parent do not alarm for themselves: one cut cable is one alarm.
    """

    devices: Devices = ()
    severity_of: Annotated[
        dict[DeviceKind, Severity], Meta(description="A severity of its own for some kinds of device.")
    ] = msgspec.field(default_factory=dict)


def _check_possible(what: str, wanted: str | bool, kind: Any) -> None:
    """Refuse a value the field can never have: such a rule would wait for ever."""
    try:
        msgspec.convert(wanted, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{what} can never be {wanted!r}: {error}") from None
