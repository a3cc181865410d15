"""Alarms by e-mail, over SMTP."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import msgspec

from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.text import Message, message
from alerts.rules.rule import Severity
from campus.clock import Clock
from campus.errors import SettingsError
from campus.settings import Mail

TIMEOUT_S = 20.0
_message = msgspec.json.Decoder(Message)


class MailNotifier:
    """One list of addresses. The Message-ID follows from the key: sent twice, it is one mail to most readers."""

    kind = "mail"

    def __init__(self, settings: Mail, wall: Clock, zone: ZoneInfo) -> None:
        where = f"alerts.mails {settings.name!r}"
        for address in (settings.sender, *settings.to):
            if address.count("@") != 1 or any(sign in address for sign in " \r\n,;"):
                raise SettingsError(where, f"{address!r} is no e-mail address", "Write it like duty@school.example")
        if not settings.to:
            raise SettingsError(where, "it is sent to nobody", "Name at least one address in `to`")
        self._settings = settings
        self._wall = wall
        self._zone = zone
        self.name = settings.name
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(repr((settings.host, settings.port, settings.to)).encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """Subject and text; headers are added when it is sent."""
        return msgspec.json.encode(message(notice, self._zone))

    def send(self, parcel: Parcel) -> Receipt:
        """Hand the mail to the server; done when the server has taken it for at least one address."""
        try:
            with self._connect() as server:
                refused = server.send_message(self._mail(parcel), self._settings.sender, list(self._settings.to))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return _judge(min(codes, default=550), "every address was refused")
        except smtplib.SMTPResponseException as error:
            return _judge(error.smtp_code, type(error).__name__)
        except (OSError, smtplib.SMTPException) as error:
            return Receipt(result="temporary", detail=f"not reached ({type(error).__name__})")
        detail = f"taken; {len(refused)} of {len(self._settings.to)} addresses refused" if refused else "taken"
        return Receipt(result="done", detail=detail, status=250)

    def _connect(self) -> smtplib.SMTP:
        said = self._settings
        if said.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                said.host, said.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(said.host, said.port, timeout=TIMEOUT_S)
            if said.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
        if said.username:
            server.login(said.username, said.password)
        return server

    def _mail(self, parcel: Parcel) -> EmailMessage:
        said = _message.decode(parcel.body)
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.to)
        mail["Subject"] = said.title
        mail["Date"] = format_datetime(self._wall.now())
        domain = self._settings.sender.split("@")[1]
        mail["Message-ID"] = f"<{parcel.key}@{domain}>"
        thread = f"<alarm-{said.alarm}@{domain}>"  # all mails of an alarm are one thread
        mail["References"] = mail["In-Reply-To"] = thread
        mail["Auto-Submitted"] = "auto-generated"
        if said.urgent:
            mail["X-Priority"] = "1"
        mail.set_content(said.asked + said.text)
        return mail


def _judge(code: int, what: str) -> Receipt:
    """4xx says later, 5xx says never (RFC 5321, 4.2.1)."""
    return Receipt(
        result="temporary" if 400 <= code < 500 else "permanent", detail=f"SMTP {code} ({what})", status=code
    )
