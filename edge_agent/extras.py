"""Says which extra to install when a library that a device needs is not on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from campus.errors import SettingsError


@contextmanager
def needs(extra: str, device: str) -> Iterator[None]:
    """Import what ``device`` needs inside; a library that is missing is a `SettingsError` that names ``extra``."""
    try:
        yield
    except ImportError as error:
        missing = error.name or str(error)
        fix = f"pip install 'campus-safety[{extra}]'"
        raise SettingsError(device, f"the library {missing} is not installed", fix) from None
