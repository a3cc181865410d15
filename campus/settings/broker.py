"""The broker, who may come in, and devices that keep their own topics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.errors import SettingsError
from campus.settings.section import Port, Positive, Section


class Mqtt(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[mqtt]``: the broker. With ``tls``, certificates are checked against ``ca_file`` or the system's."""

    host: str = "127.0.0.1"
    port: Port = 1883
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    protocol: Literal["5", "3.1.1"] = "5"


class Broker(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[broker]``: the Mosquitto that `campus up` starts itself; with ``embedded = false`` yours is used as it is."""

    embedded: bool = True
    folder: Path = Path("data/broker")
    host: str = "127.0.0.1"  # where devices come in; anything but this machine needs a password file
    tls_port: Port = 8883  # with a certificate: where it listens on `host`; [mqtt] port stays on this machine
    password_file: Path | None = None
    acl_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class Trust(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[trust]``: how devices are enrolled, and where they then reach the broker."""

    authority: Path | None = None  # the certificate that devices check the broker against; None: a public authority
    broker_host: str = ""  # empty: the host of [dashboards] base_url
    broker_port: Port = 8883
    broker_tls: bool = True
    code_hours: Positive = 72.0  # an enrolment code is good so long
    renew_days: Positive = 60.0  # an agent renews its account after so long


class Foreign(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[foreign]]``: devices that keep their own topics; the first row whose ``filter`` fits reads a message."""

    filter: Annotated[str, Meta(min_length=1, max_length=256)]
    codec: str
    device: str = ""  # whose all of it is; empty: the device names itself
    prefix: Annotated[str, Meta(max_length=32)] = ""  # put before the names that devices give themselves
    school: str = ""  # empty: [school] id

    def __post_init__(self) -> None:
        if self.filter.split("/")[0] in {"campus", "+", "#"}:
            raise SettingsError("foreign.filter", f"{self.filter!r} would take our own topics", "Begin it with a name")
