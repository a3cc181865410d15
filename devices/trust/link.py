"""The address in an enrolment's QR code: where to trade the code, and by which authority to know the platform."""

from __future__ import annotations

from pathlib import Path

from campus.errors import SettingsError
from devices.trust.authority import fingerprint


def enrolment_link(base_url: str, code: str, authority: Path | None) -> str:
    """``https://school.example/enrol#CODE.FINGERPRINT``. What follows # is sent to no server and stands in no log.

    Raises `SettingsError` when nobody said under which address the console is reached.
    """
    if not base_url:
        raise SettingsError("dashboards.base_url", "is not set", "Set it to the console's address as devices reach it")
    known_by = f".{fingerprint(authority.read_bytes())}" if authority is not None else ""
    return f"{base_url.rstrip('/')}/enrol#{code}{known_by}"
