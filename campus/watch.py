"""Waits until a file is written, by the kernel's word: inotify of Linux, which costs nothing while nothing happens."""

from __future__ import annotations

import ctypes
import os
import select

_MODIFIED = 0x2  # IN_MODIFY of <sys/inotify.h>
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC  # IN_NONBLOCK and IN_CLOEXEC are these by definition
_MANY = 65536


class FileWatch:
    """Hears of each write to a file, by whichever program. Raises `OSError` where it cannot be watched."""

    def __init__(self, path: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            begin, add = libc.inotify_init1, libc.inotify_add_watch
        except AttributeError:
            raise OSError("this kernel has no inotify") from None
        self._fd: int = _checked(begin(_FLAGS))
        try:
            _checked(add(self._fd, os.fsencode(path), _MODIFIED))
        except OSError:
            self.close()
            raise

    def wait(self, seconds: float) -> bool:
        """Whether the file was written since the last call, or is within ``seconds``."""
        heard = bool(select.select([self._fd], [], [], seconds)[0])
        if heard:
            os.read(self._fd, _MANY)  # what is left of more than two thousand writes is heard of next time
        return heard

    def close(self) -> None:
        """Watch no longer."""
        os.close(self._fd)


def _checked(answer: int) -> int:
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer
