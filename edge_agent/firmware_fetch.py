"""Fetches an update over HTTP into a file: never more than was announced, and never for ever."""

from __future__ import annotations

import os
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from edge_agent.firmware import Refused

_BLOCK = 64 * 1024
_SILENT_S = 20.0  # without a byte


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The address is the platform's: it does not send an agent elsewhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Follow none."""


def fetch(url: str, into: Path, most: int, within_s: float = 900.0, *, ca_file: Path | None = None) -> None:
    """Write what is at ``url`` to ``into``, on the disk when this returns.

    Over https the server is believed by the system's authorities and by the school's own of ``ca_file``.

    Raises `Refused` for more than ``most`` bytes, no http(s) address, no answer, or one that takes over ``within_s``.
    """
    if not url.startswith(("http://", "https://")):
        raise Refused(f"{url!r} is no http or https address")
    end = time.monotonic() + within_s
    try:
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=_believed(ca_file)))
        with opener.open(url, timeout=_SILENT_S) as answer, into.open("wb") as file:
            got = 0
            while block := answer.read(_BLOCK):
                got += len(block)
                if got > most:
                    raise Refused(f"the file goes on after the {most} bytes that were signed")
                if time.monotonic() > end:
                    raise Refused(f"the file did not come within {within_s:g} s")
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise Refused(f"the file cannot be fetched: {error}") from None


def _believed(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
