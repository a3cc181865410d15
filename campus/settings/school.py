"""Which school, its roster and its calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from campus.errors import SettingsError
from campus.settings.section import Positive, Section, is_private


class School(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[school]``: which school this installation serves when it serves one."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "school-1"
    timezone: str = "Asia/Shanghai"
    # So long after its end a roll is open to its teachers; afterwards only the school office corrects it.
    roll_open_days: Annotated[int, Meta(ge=0, le=366)] = 14

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise SettingsError("school.timezone", f"{self.timezone!r} is no IANA zone", "Use Asia/Shanghai") from None

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone: what day and bell times are told in."""
        return ZoneInfo(self.timezone)


class RosterProvider(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[roster.provider]``: a student information system that speaks OneRoster over REST."""

    url: str = ""  # with the version: https://sis.example/ims/oneroster/v1p1 or .../ims/oneroster/rostering/v1p2
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    sort: bool = True  # ask for pages in the order of ids, so that they hold still
    timeout_s: Positive = 60.0

    def __post_init__(self) -> None:
        for name, url in (("url", self.url), ("token_url", self.token_url)):
            if url and not is_private(url):
                raise SettingsError(f"roster.provider.{name}", "is not https", "A roster and its key never go in clear")
        if self.url and not (self.token_url and self.client_id and self.client_secret):
            raise SettingsError(
                "roster.provider",
                "needs token_url, client_id and client_secret beside url",
                "Set CAMPUS_ROSTER__PROVIDER__CLIENT_SECRET_FILE to a file with the secret",
            )


class RosterFeed(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[roster]``: what keeps the roster current: a watched folder, a provider, or both."""

    folder: Path | None = None  # exports put here are imported; None: no folder is watched
    every_school: bool = False  # all schools of an export, not [school] id alone
    removal_share: Annotated[float, Meta(ge=0, le=1)] = 0.2  # of a school's students; more need a person's word
    leave_out: bool = False  # leave out rows that do not hold together instead of refusing the export
    pull_hours: Positive = 24.0  # how often the provider is asked for what changed
    whole_days: Positive = 7.0  # how often for everything
    provider: RosterProvider = RosterProvider()

    @property
    def kept(self) -> bool:
        """Whether anything keeps the roster current."""
        return self.folder is not None or bool(self.provider.url)


class Calendar(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[calendar]``: what is taken over beside the school's own calendar.csv, which goes before both."""

    official: Literal["", "cn"] = ""  # the official Chinese holidays and make-up days of this year and the next
    feed: str = ""  # an iCalendar of the school's exceptions: a file or an address
    feed_hours: Positive = 6.0  # how often both are looked at
