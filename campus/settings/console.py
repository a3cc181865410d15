"""The web console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from campus.settings.section import Port, Positive, Section


class Dashboards(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[dashboards]``: the web console."""

    host: str = "127.0.0.1"
    port: Port = 8080
    base_url: str = ""  # what people type; its origin is the only one a browser may write from
    cert_file: Path | None = None  # serve HTTPS with this certificate; None: HTTP, for a proxy in front
    key_file: Path | None = None
    secure_cookies: bool = False  # true behind HTTPS
    session_hours: Positive = 12.0
    api_per_minute: Annotated[int, Meta(ge=10)] = 600  # requests of one session or token; ten times that of an address
    files: Path = Path("data/files")  # papers and photos that people attach; nothing serves this folder
    file_mb: Positive = 10.0  # the largest of them
    small_group: Annotated[int, Meta(ge=1, le=1000)] = 10  # shares about fewer students are not shown to the bureau
    account_key: str = ""  # seals second factors; a key a line, the newest first; from a secret file
    discovery_token: str = ""  # lets Prometheus read the list of devices; from a secret file; empty: only by sign-in
