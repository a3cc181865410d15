"""The kinds of values that sections of `edge.toml` share."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

DeviceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
# Names become part of metric names, which have at most 64 characters: `zone.<name>.people`.
PlaceName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
