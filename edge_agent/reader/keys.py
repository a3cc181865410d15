"""From key presses of a keyboard-wedge reader to the line it typed; pure, whatever the keys are."""

from __future__ import annotations

# Codes of Linux' input-event-codes.h on a keyboard of the USA, as which these readers present themselves.
_ROWS = ((2, "1234567890-="), (16, "qwertyuiop[]"), (30, "asdfghjkl;'"), (44, "zxcvbnm,./"))
_PLAIN = {first + place: char for first, row in _ROWS for place, char in enumerate(row)}
_PAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
_SHIFTED = str.maketrans("1234567890-=[];',./", '!@#$%^&*()_+{}:"<>?')
_KEYS = _PLAIN | _PAD | {57: " "}
_ENDS = frozenset((15, 28, 96))  # tab, enter, enter of the number pad
_SHIFTS = frozenset((42, 54))
PRESSED, RELEASED = 1, 0
LONGEST = 64
PAUSE_S = 1.0  # a reader types a number within some hundredths of a second


class TypedLine:
    """Collects the keys of one line; a pause begins it anew, so that half a number never joins the next."""

    def __init__(self) -> None:
        self._line = ""
        self._shift = False
        self._at = 0.0

    def key(self, code: int, value: int, at: float) -> str | None:
        """Key ``code`` was pressed (1), released (0) or repeats itself (2) at ``at`` seconds; a line that it ends."""
        if code in _SHIFTS:
            self._shift = value != RELEASED
            return None
        if value != PRESSED:
            return None
        if not 0 <= at - self._at <= PAUSE_S:
            self._line = ""
        self._at = at
        if code in _ENDS:
            line, self._line = self._line, ""
            return line or None
        self._line = (self._line + self._char(code))[: LONGEST + 1]
        return None

    def _char(self, code: int) -> str:
        char = _KEYS.get(code, "")
        if not self._shift or code in _PAD:
            return char
        return char.upper() if char.isalpha() else char.translate(_SHIFTED)
