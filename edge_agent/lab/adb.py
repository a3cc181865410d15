"""Asks standalone headsets through the program `adb`, each with a time limit."""

from __future__ import annotations

import subprocess

from campus.errors import Unavailable
from edge_agent.lab.state import LONGEST, QUESTIONS, SEPARATOR, HeadsetState, read_state

LIMIT_S = 8.0
_FIXES = {
    "unauthorized": "put it on and allow USB debugging for this machine",
    "offline": "wake it, or pull the cable and put it in again",
    "not found": "check cable and serial number with `adb devices`; over the network: `adb connect ADDRESS`",
}


class AdbHeadset:
    """One headset by its serial number; ``adb`` is the program to run."""

    def __init__(self, adb: str, serial: str) -> None:
        self._adb = adb
        self._serial = serial

    def look(self) -> HeadsetState:
        """Ask it now; raises `Unavailable` with what is wrong and how to mend it."""
        script = f"; echo {SEPARATOR}; ".join(f"{question} 2>/dev/null" for question in QUESTIONS)
        where = f"the headset {self._serial}"
        try:
            done = subprocess.run(
                [self._adb, "-s", self._serial, "shell", script], capture_output=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(where, f"no answer within {LIMIT_S:.0f} s") from None
        except OSError as error:
            raise Unavailable(where, f"{self._adb} cannot be run: {error.strerror}; install adb") from None
        if done.returncode and SEPARATOR.encode() not in done.stdout:
            raise Unavailable(where, _reason(done.stderr.decode("utf-8", "replace")))
        return read_state(done.stdout[:LONGEST].decode("utf-8", "replace"))


def _reason(said: str) -> str:
    line = said.strip().splitlines()[-1][:120] if said.strip() else "adb failed and says nothing"
    fix = next((fix for word, fix in _FIXES.items() if word in said), None)
    return line if fix is None else f"{line}; {fix}"
