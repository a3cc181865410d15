"""What a spreadsheet makes of text: cells that it would run, and characters that no workbook can hold."""

from __future__ import annotations

import re

# A cell that begins so is taken for a formula; the wide forms are where Chinese and Japanese are typed.
RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # outside of XML 1.0


def readable(text: str) -> str:
    """``text`` as a workbook holds it: what it cannot hold is shown as something that was not readable."""
    return _UNREADABLE.sub("\ufffd", text)
