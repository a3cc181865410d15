"""The official Chinese calendar: holidays and the weekends on which one works instead.

From the library `chinese_calendar`, which follows the notices of the State Council a year at a time, or from a file in
the form of holiday-cn (https://github.com/NateScarlet/holiday-cn) for a year the library does not know yet.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import msgspec

from attendance.calendar.schoolday import HOLIDAY
from campus.errors import ImportFileError, NotFound

MAKEUP = "makeup"
_NAMES = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "Mid-autumn Festival": "中秋节", "National Day": "国庆节",
    "Anti-Fascist 70th Day": "纪念日",
}  # fmt: skip


class OfficialDay(msgspec.Struct, frozen=True):
    """A date that is not what its weekday says: a holiday, or a weekend on which one works."""

    day: date
    day_type: str
    name: str


def official_days(year: int) -> list[OfficialDay]:
    """Every such date of ``year``; raises `NotFound` for a year whose notice the library does not know."""
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        try:
            off, reason = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            raise NotFound(
                f"the calendar of {year} is not in chinese_calendar {chinese_calendar.__version__}: it is announced in "
                f"November; update the library, or give a file of holiday-cn"
            ) from None
        if reason is not None:
            found.append(OfficialDay(day, HOLIDAY if off else MAKEUP, _NAMES.get(reason, reason)))
        day += timedelta(days=1)
    return found


class _Day(msgspec.Struct):
    name: str
    date: date
    isOffDay: bool  # noqa: N815 - as the file has it


class _Year(msgspec.Struct):
    days: list[_Day]


def read_file(path: Path) -> list[OfficialDay]:
    """The dates in a file of holiday-cn; raises `ImportFileError`."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Year)
    except OSError as error:
        raise ImportFileError(str(path), 0, f"cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ImportFileError(path.name, 1, f"is no calendar of holiday-cn: {error}") from None
    return [OfficialDay(one.date, HOLIDAY if one.isOffDay else MAKEUP, one.name[:64]) for one in found.days]
