"""The ways to guardians: attendance's port, filled with the SMS gateway, mail and webhook that `alerts` speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx
import msgspec

from alerts.notify.mail import MailNotifier
from alerts.notify.notice import Notifier, Parcel, Receipt
from alerts.notify.sms import SmsNotifier
from alerts.notify.text import Message
from alerts.notify.webhook import WebhookNotifier
from attendance.guardians.notices import Timing
from attendance.guardians.ports import Answer, Letter
from campus.clock import Clock, SystemClock
from campus.errors import SettingsError
from campus.settings import Guardians, Settings

PHONE, EMAIL = "phone", "email"
# An alarm may be cut to its title, what a guardian is told may not: gateways send long texts in parts.
SMS_BYTES = 1000


class GuardianPost:
    """Sends letters by SMS to telephone numbers and by mail to addresses; a webhook takes what neither of them can.

    The webhook is for a school's own application, which knows its guardians by their contact.
    """

    def __init__(self, settings: Guardians, school: Settings, client: httpx.Client, wall: Clock | None = None) -> None:
        self._settings = settings
        self._zone = school.school.zone
        self._client = client
        self._wall = wall or SystemClock()
        for contact in ("13800138000", "somebody@example.org"):
            if not self.refusal(contact):
                self._notifier(contact)  # settings that cannot work are refused at the start

    def refusal(self, contact: str) -> str:
        """``no_contact`` or ``no_channel`` when nothing can be sent there."""
        if not contact:
            return "no_contact"
        ways = {PHONE: self._settings.sms, EMAIL: self._settings.mail}
        return "" if ways[_way(contact)] or self._settings.webhook else "no_channel"

    def send(self, letter: Letter) -> Answer:
        """One attempt over the way that the contact asks for."""
        notifier = self._notifier(letter.contact)
        receipt = notifier.send(_parcel(letter, notifier.kind))
        return _answer(receipt)

    def _notifier(self, contact: str) -> Notifier:
        said = self._settings
        if _way(contact) == PHONE and said.sms:
            sms = msgspec.structs.replace(said.sms, to=(contact,), limit=max(said.sms.limit, SMS_BYTES))
            return SmsNotifier(sms, self._client, self._zone)
        if _way(contact) == EMAIL and said.mail:
            return MailNotifier(msgspec.structs.replace(said.mail, to=(contact,)), self._wall, self._zone)
        if said.webhook:
            return WebhookNotifier(said.webhook, self._client, self._wall)
        raise SettingsError("guardians", "has no way to this contact", "Add [guardians.sms], .mail or .webhook")


def _way(contact: str) -> str:
    return EMAIL if "@" in contact else PHONE


def _parcel(letter: Letter, kind: str) -> Parcel:
    return Parcel(
        id=0,
        key=letter.id,
        school=letter.school,
        alarm="",
        endpoint="guardians",
        body=_body(letter, kind),
        attempt=letter.attempt,
        owner="",
    )


def _body(letter: Letter, kind: str) -> bytes:
    """An SMS is the text alone; a mail has a subject; a webhook is an event of our own (CloudEvents)."""
    if kind == "webhook":
        data = {"contact": letter.contact, "language": letter.language, "subject": letter.subject, "text": letter.text}
        return msgspec.json.encode(_event(letter, data))
    title = letter.text if kind == "sms" else letter.subject
    return msgspec.json.encode(Message(alarm=letter.id, urgent=False, title=title, text=letter.text))


def _event(letter: Letter, data: Mapping[str, str]) -> dict[str, object]:
    about = {"specversion": "1.0", "type": "campus.guardian.letter", "source": f"/schools/{letter.school}"}
    return {**about, "id": letter.id, "datacontenttype": "application/json", "data": data}


def _answer(receipt: Receipt) -> Answer:
    result = "permanent" if receipt.result == "gone" else receipt.result
    return Answer(result=result, detail=receipt.detail, retry_after_s=receipt.retry_after_s)


def timing_of(settings: Settings) -> Timing:
    """When guardians are told, from the settings; raises `SettingsError` for a time of day that is none."""
    said = settings.guardians
    quiet = _minute("quiet_from", said.quiet_from), _minute("quiet_until", said.quiet_until)
    return Timing(
        zone=settings.school.zone,
        settle=timedelta(minutes=said.settle_minutes),
        gather=timedelta(minutes=said.gather_minutes),
        fresh=timedelta(minutes=said.fresh_minutes),
        quiet=quiet,
    )


def _minute(name: str, clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise SettingsError(f"guardians.{name}", f"{clock!r} is no time of day", "Write it as 21:30")
    return int(hours) * 60 + int(minutes)
