"""From what a reader sends to the number of a card: its pattern, its form, and what was shown a moment ago."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime, timedelta

from edge_agent.reader.settings import Form

LONGEST = 64
REMEMBERED = 1000
DIGITS = 10  # of a card number in decimal, as it is printed on cards
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){3,8}")


def card_number(text: str, pattern: str, form: Form) -> str | None:
    """The number in ``text``: the first group of ``pattern`` (or all it matches), in ``form``; None: there is none."""
    number = text.strip()[:LONGEST]
    if pattern:
        found = re.search(pattern, number)
        if found is None:
            return None
        number = (found.group(1) if found.re.groups else found.group()) or ""
    return _in_form(number, form) if number.isascii() and number.isprintable() and number else None


def _in_form(number: str, form: Form) -> str | None:
    if form == "as_read":
        return number
    if not _HEX.fullmatch(number):
        return None
    raw = bytes.fromhex(number)
    return str(int.from_bytes(raw, "big" if form == "hex_to_decimal" else "little")).zfill(DIGITS)


class Repeats:
    """Tells what was shown within the last ``seconds``: a card that is held before the reader is read many times.

    Each new sight of it begins the time again, so a card that is left on the reader passes once.
    """

    def __init__(self, seconds: float) -> None:
        self._span = timedelta(seconds=seconds)
        self._seen: OrderedDict[str, datetime] = OrderedDict()

    def again(self, number: str, now: datetime) -> bool:
        """Whether ``number`` was shown a moment ago; notes that it is shown ``now``."""
        last = self._seen.pop(number, None)
        self._seen[number] = now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return last is not None and timedelta(0) <= now - last < self._span
