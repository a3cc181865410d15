"""The topic scheme `campus/{school}/{device}/{channel}`: parse, do not validate."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

import msgspec

from campus.errors import PayloadError

ROOT = "campus"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Channel(StrEnum):
    """What kind of message a topic carries."""

    TELEMETRY = "telemetry"  # device -> platform: readings
    EVENT = "event"  # device -> platform: something happened, exactly once
    STATUS = "status"  # device -> platform: retained, last will
    COMMAND = "command"  # platform -> device
    CONFIG = "config"  # platform -> device: retained, the newest configuration document
    REPLY = "reply"  # device -> platform: answer to a command


class Topic(msgspec.Struct, frozen=True):
    """One device's channel; a Topic that exists is well formed."""

    school: str
    device: str
    channel: Channel

    def __post_init__(self) -> None:
        for level in (self.school, self.device):
            if not _NAME.fullmatch(level):
                raise PayloadError(
                    "bad topic", f"{level!r} is not a name of 1-64 letters, digits, '_', '.' or '-' in a topic"
                )

    def __str__(self) -> str:
        return f"{ROOT}/{self.school}/{self.device}/{self.channel.value}"


@lru_cache(maxsize=262_144)
def parse(topic: str) -> Topic:
    """The Topic that ``topic`` spells; raises `PayloadError` when it is none of ours."""
    levels = topic.split("/")
    if len(levels) != 4 or levels[0] != ROOT:
        raise PayloadError("bad topic", f"{topic!r} is not {ROOT}/school/device/channel")
    try:
        channel = Channel(levels[3])
    except ValueError:
        raise PayloadError("bad topic", f"{levels[3]!r} is no channel; use one of {', '.join(Channel)}") from None
    return Topic(levels[1], levels[2], channel)


def subscription(school: str = "+") -> list[str]:
    """Topic filters that bring everything devices of ``school`` (default: of every school) say."""
    channels = (Channel.TELEMETRY, Channel.EVENT, Channel.STATUS, Channel.REPLY)
    return [f"{ROOT}/{school}/+/{channel.value}" for channel in channels]
