"""``[[gates]]`` of `edge.toml`: one attendance gate lane and what reads the cards at it."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from campus.settings import Port, Positive, Section
from edge_agent.reader.settings import QrCamera, SerialLine, Wedge
from edge_agent.values import DeviceId

Way = Literal["in", "out"]


class Hikvision(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[gates.hikvision]``: a terminal that is asked over ISAPI."""

    address: str
    login_file: Path
    ca_file: Path | None = None  # the certificate of a terminal that is asked over https
    credential: Literal["person", "card"] = "person"  # which of its two numbers is a student's credential
    readers: dict[str, Way] = field(default_factory=dict)  # way by number of the card reader
    history_hours: Annotated[float, Meta(ge=0, le=720)] = 24.0  # of a terminal that is asked for the first time

    def __post_init__(self) -> None:
        if not self.address.startswith(("http://", "https://")):
            raise ValueError(f"address {self.address!r} does not begin with http:// or https://")
        if "@" in self.address:
            raise ValueError("address holds a login; write it into login_file")


class Gate(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[gates]]``: one attendance gate lane. ``sim`` lets seeded people pass, with the numbers in ``cards``;
    ``zkteco`` listens for terminals that push (ADMS); ``hikvision`` asks a terminal over ISAPI; ``wedge``, ``line`` and
    ``qr`` are readers at this machine."""

    id: DeviceId
    source: Literal["sim", "zkteco", "hikvision", "wedge", "line", "qr"] = "sim"
    lane: Annotated[str, Meta(min_length=1, max_length=64)] = "1"
    direction: Way | None = None  # None: the lane does not know it
    cards: Path | None = None  # a text file, one card number a line; None: made-up cards
    passes_per_hour: Positive = 120.0
    seed: int = 1
    terminals: tuple[str, ...] = ()  # serial numbers of the terminals that are heard
    networks: tuple[str, ...] = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # and from where
    listen: str = "0.0.0.0"  # noqa: S104 - terminals are other machines; serials and networks are checked
    port: Port = 8081
    hikvision: Hikvision | None = None
    wedge: Wedge | None = None
    line: SerialLine | None = None
    qr: QrCamera | None = None

    def __post_init__(self) -> None:
        if self.source == "zkteco" and not self.terminals:
            raise ValueError(f"gate {self.id!r}: terminals is empty; give the serial numbers of its terminals")
        for network in self.networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"gate {self.id!r}: networks: {network!r} is not like 192.168.0.0/16") from None
        if self.source not in ("sim", "zkteco") and self.attached is None:
            raise ValueError(f"gate {self.id!r}: [gates.{self.source}] is missing; say where its reader is")

    @property
    def attached(self) -> Hikvision | Wedge | SerialLine | QrCamera | None:
        """The section that describes the gate's source, where it has one."""
        sections = {"hikvision": self.hikvision, "wedge": self.wedge, "line": self.line, "qr": self.qr}
        return sections.get(self.source)
