"""Numbers that the kernel keeps in files: 1-wire thermometers (``w1``) and sensors of the IIO subsystem."""

from __future__ import annotations

import threading

from campus.clock import Clock
from campus.errors import Unavailable
from edge_agent.sensor.measured import Measured, plausible
from edge_agent.sensor.settings import ValueFile

LONGEST = 64


class FileSource:
    """Reads each file anew; a sensor that was pulled out has no file."""

    def __init__(self, files: tuple[ValueFile, ...], clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def measure(self) -> Measured:
        """Read every file."""
        values, implausible = {}, 0
        for file in self._files:
            value = plausible(_number(file), file.scale, file.offset, file.low, file.high)
            if value is None:
                implausible += 1
            else:
                values[file.metric] = value
        return Measured(values, (), implausible)

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """A file says nothing by itself."""
        self._clock.wait(stop, seconds)

    def close(self) -> None:
        """Nothing is held."""


def _number(file: ValueFile) -> float:
    try:
        with file.path.open(encoding="ascii", errors="replace") as text:
            return float(text.read(LONGEST))
    except OSError as error:
        raise Unavailable(f"the file {file.path}", error.strerror or "cannot be read") from None
    except ValueError:
        raise Unavailable(f"the file {file.path}", "holds no number") from None
