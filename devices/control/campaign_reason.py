"""Why a campaign stands where it does: a code with its figures, which the console and the command put into words."""

from __future__ import annotations

from typing import Literal

import msgspec

Code = Literal[
    "by", "left_alone", "hours", "waits", "sent", "applied", "applied_by", "replaced", "silent", "refused", "failed",
    "problem",
]  # fmt: skip
_ROOM = 300  # characters in a row


class CampaignReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason. ``n`` of ``of`` devices; ``detail`` is what a device, the platform or a person said, or the hours."""

    code: Code
    n: int = 0
    of: int = 0
    device: str = ""
    detail: str = ""


def kept(why: CampaignReason | None) -> str:
    """As it stands in a row, a long detail cut short; empty for none."""
    if why is None:
        return ""
    while len(text := msgspec.json.encode(why).decode()) > _ROOM:
        why = msgspec.structs.replace(why, detail=why.detail[: len(why.detail) * 3 // 4])
    return text


def read(text: str) -> CampaignReason | None:
    """What `kept` made; words of an earlier version are a problem told as it was."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=CampaignReason)
    except msgspec.DecodeError:
        return CampaignReason(code="problem", detail=text)
