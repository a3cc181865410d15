"""Writes who may say and hear what into the texts that Mosquitto reads: a password file and an access list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from devices.trust.accounts import Account

MARK = "# Below: accounts of devices. Written by the platform; what is changed here is lost."
_SAYS = ("telemetry", "event", "status", "reply")
_HEARS = ("command", "config")


def passwords(kept: str, accounts: Iterable[Account]) -> str:
    """The password file: lines of ``kept`` that are no device's (the platform's own), then the devices'."""
    others = [line for line in kept.splitlines() if line and "/" not in line.split(":", 1)[0]]
    return "\n".join([*others, *(f"{one.username}:{one.password}" for one in accounts)]) + "\n"


def access_list(
    kept: str, accounts: Iterable[Account], children: Callable[[str, str], Sequence[str]], rights: Sequence[str] = ()
) -> str:
    """The access list: ``kept`` down to the mark, ``rights`` of the platform, then each device's own topics and those
    of what stands behind it.
    """
    lines = [kept.split(MARK)[0].rstrip(), "", MARK, *rights]
    for one in accounts:
        lines += ["", f"user {one.username}"]
        for device in below(one.school, one.device, children):
            lines += [f"topic write campus/{one.school}/{device}/{channel}" for channel in _SAYS]
            lines += [f"topic read campus/{one.school}/{device}/{channel}" for channel in _HEARS]
    return "\n".join(lines).lstrip() + "\n"


def foreign_rights(platform: str, filters: Sequence[str]) -> list[str]:
    """What the platform's account may hear of devices with their own topics, and ask of Sparkplug nodes."""
    if not platform or not filters:
        return []
    lines = ["", f"user {platform}", *(f"topic read {one}" for one in filters)]
    return [*lines, *(f"topic write {one.split('/')[0]}/+/NCMD/+" for one in filters if one.startswith("spBv1.0/"))]


def below(school: str, device: str, children: Callable[[str, str], Sequence[str]]) -> list[str]:
    """A device and all that reach the platform through it, itself first."""
    found = [device]
    for one in found:  # grows under way; imports refuse circles
        found += [child for child in children(school, one) if child not in found]
    return found
