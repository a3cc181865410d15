"""What a Hikvision terminal says over ISAPI, as records: its alert stream of many parts, and pages of its event log.

Sources: Hikvision's ISAPI guide for access control (AcsEvent, EventNotificationAlert) and its HCNetSDK header, which
names the minor types. Terminals differ from the guide: parts carry wrong lengths, numbers come as text, and a fresh
subscription begins with old events. Person's names stand in the same messages; they are never read.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from campus.errors import PayloadError

MAX_PART = 128 * 1024  # bytes of one part that says something; pictures are passed over, however long they are
MAX_PAGE = 4 * 1024 * 1024
EVENTS = 5  # the major type of what happens at doors
# Minor types of a passed check: card, fingerprint, face, and each with a password or a second of them.
PASSED = frozenset(
    (0x01, 0x02, 0x10, 0x26, 0x28, 0x2B, 0x2E, 0x36, 0x39, 0x3C, 0x3F, 0x42, 0x45, 0x48, 0x4B, 0x4D, 0x65, 0x69)
)
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})"?', re.IGNORECASE)
_ELEMENT = re.compile(r"<([A-Za-z][A-Za-z0-9]{0,40})>([^<]{0,200})</\1>")
_XML_END = b"</EventNotificationAlert>"
_PERSON = re.compile(r"[\x21-\x7e]{1,64}")
LAST_SERIAL = 2**62
T = TypeVar("T")


class Record(msgspec.Struct, frozen=True):
    """An entry of a terminal's log. ``number`` is the person or card of a passed check, None for everything else."""

    serial: int
    at: datetime
    number: str | None = None
    reader: str | None = None
    current: bool | None = None  # False: the terminal says itself that it is telling of the past


class Page(msgspec.Struct, frozen=True):
    """One answer to a search of the log: how many entries it held, those understood, and whether more follow."""

    records: tuple[Record, ...]
    entries: int
    more: bool


class AlertParts:
    """Cuts an alert stream into the texts of its parts, as they arrive; lengths that parts claim are not believed.

    A part is over when it is a whole JSON or XML document, or when the next one begins. Memory is bounded by
    `MAX_PART`: what is longer, and every picture, is passed over.
    """

    def __init__(self, content_type: str) -> None:
        found = _BOUNDARY.search(content_type)
        if found is None:
            raise PayloadError("no_boundary", f"the alert stream is {content_type[:80]!r} and no multipart")
        self._mark = b"--" + found.group(1).encode("ascii", "replace")
        self._buffer = bytearray()
        self._told = True  # what comes before the first mark is no part

    def feed(self, chunk: bytes) -> list[bytes]:
        """The texts of the parts that are complete with ``chunk``."""
        self._buffer += chunk
        found = []
        while (cut := self._buffer.find(self._mark)) >= 0:
            if not self._told:
                found.append(_text_of(bytes(self._buffer[:cut])))
            del self._buffer[: cut + len(self._mark)]
            self._told = False
        if not self._told:
            text = _text_of(bytes(self._buffer))
            if _whole(text):
                found.append(text)
                self._told = True
        if self._told or len(self._buffer) > MAX_PART or b"image/" in self._buffer[:256]:
            self._told = True
            del self._buffer[: max(0, len(self._buffer) - len(self._mark) + 1)]
        return [text for text in found if 0 < len(text) <= MAX_PART]


def _text_of(part: bytes) -> bytes:
    """The document in a part: from its first bracket on; the lines before it hold none."""
    starts = [place for place in (part.find(b"{"), part.find(b"<")) if place >= 0]
    return part[min(starts) :].strip() if starts and b"image/" not in part[:256] else b""


def _whole(text: bytes) -> bool:
    if text.endswith(_XML_END):
        return True
    if not text.endswith(b"}"):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


class _Access(msgspec.Struct, rename="camel"):
    major_event_type: int = 0
    sub_event_type: int = 0
    serial_no: int | None = None
    employee_no_string: str = ""
    employee_no: int | None = None
    card_no: str = ""
    card_reader_no: int | None = None
    current_event: bool | None = None


class _Alert(msgspec.Struct):
    eventType: str = ""  # noqa: N815 - the names are the terminal's
    dateTime: str = ""  # noqa: N815
    AccessControllerEvent: _Access | None = None
    EventNotificationAlert: msgspec.Raw = msgspec.Raw()


class _Entry(msgspec.Struct, rename="camel"):
    major: int = 0
    minor: int = 0
    time: str = ""
    serial_no: int | None = None
    employee_no_string: str = ""
    employee_no: int | None = None
    card_no: str = ""
    card_reader_no: int | None = None


class _Found(msgspec.Struct):
    numOfMatches: int = 0  # noqa: N815
    responseStatusStrg: str = ""  # noqa: N815
    InfoList: list[msgspec.Raw] = []


class _Answer(msgspec.Struct):
    AcsEvent: _Found


def read_alert(text: bytes, zone: ZoneInfo, *, by_card: bool) -> Record | None:
    """The record in one part of the alert stream; None for a heartbeat and for what is not about doors.

    ``zone`` is that of times without one; ``by_card`` takes the card's number for the credential, not the person's.
    Raises `PayloadError` for what cannot be understood.
    """
    alert = _alert_of(text)
    access = alert.AccessControllerEvent
    if access is None or alert.eventType.lower() != "accesscontrollerevent":
        return None
    entry = _Entry(
        major=access.major_event_type,
        minor=access.sub_event_type,
        time=alert.dateTime,
        serial_no=access.serial_no,
        employee_no_string=access.employee_no_string,
        employee_no=access.employee_no,
        card_no=access.card_no,
        card_reader_no=access.card_reader_no,
    )
    return msgspec.structs.replace(_record(entry, zone, by_card), current=access.current_event)


def read_page(text: bytes, zone: ZoneInfo, *, by_card: bool) -> Page:
    """One page of a search of the log; entries that cannot be understood are left out, and missing in ``records``."""
    found = _decoded(text[:MAX_PAGE], _Answer).AcsEvent
    records = []
    for raw in found.InfoList:
        try:
            records.append(_record(_decoded(raw, _Entry), zone, by_card))
        except PayloadError:
            continue
    return Page(tuple(records), len(found.InfoList), found.responseStatusStrg.upper() == "MORE")


def _alert_of(text: bytes) -> _Alert:
    if text.startswith(b"<"):
        elements = dict(_ELEMENT.findall(text[:MAX_PART].decode("utf-8", "replace")))
        try:
            alert = msgspec.convert(elements, _Alert, strict=False)
            alert.AccessControllerEvent = msgspec.convert(elements, _Access, strict=False)
        except msgspec.ValidationError as error:
            raise PayloadError("bad_alert", str(error)) from None
        return alert
    alert = _decoded(text, _Alert)
    inner = alert.EventNotificationAlert
    return _decoded(inner, _Alert) if bytes(inner) else alert


def _record(entry: _Entry, zone: ZoneInfo, by_card: bool) -> Record:
    if entry.serial_no is None or not 0 <= entry.serial_no < LAST_SERIAL:
        raise PayloadError("no_serial", "an access event without a serial number")
    passed = entry.major == EVENTS and entry.minor in PASSED
    reader = None if entry.card_reader_no is None else str(entry.card_reader_no)
    return Record(entry.serial_no, _moment(entry.time, zone), _number(entry, by_card) if passed else None, reader)


def _number(entry: _Entry, by_card: bool) -> str | None:
    """The number that names who passed; the other one where the wanted is not told."""
    person = entry.employee_no_string.strip() or ("" if entry.employee_no is None else str(entry.employee_no))
    card = entry.card_no.strip()
    for number in (card, person) if by_card else (person, card):
        if number.strip("0") and _PERSON.fullmatch(number):
            return number
    return None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
        if aware.timestamp() >= 0:  # what is before 1970 has no milliseconds on the wire
            return aware
    except (ValueError, OverflowError):
        pass
    raise PayloadError("bad_time", f"an access event at {text[:40]!r}")


def _decoded(text: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError("bad_document", str(error)[:200]) from None
