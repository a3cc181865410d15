"""The sections of `campus.toml`; each part of the platform is handed its own section and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from campus.errors import SettingsError
from campus.retention_settings import Retention as Retention
from campus.section import Section as Section
from campus.section import is_private
from campus.sign_on import SignOn

Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[float, Meta(gt=0)]


class School(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[school]``: which school this installation serves when it serves one."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "school-1"
    timezone: str = "Asia/Shanghai"
    # So long after its end a roll is open to its teachers; afterwards only the school office corrects it.
    roll_open_days: Annotated[int, Meta(ge=0, le=366)] = 14

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise SettingsError("school.timezone", f"{self.timezone!r} is no IANA zone", "Use Asia/Shanghai") from None

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone: what day and bell times are told in."""
        return ZoneInfo(self.timezone)


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


class Database(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[database]``: an SQLAlchemy URL; SQLite on one host, PostgreSQL when more than one host writes."""

    url: str = "sqlite:///data/campus.db"


class Series(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[series]``: the time series store: embedded (``path``) or InfluxDB 2 (``url`` and the keys after it)."""

    kind: Literal["sqlite", "influx"] = "sqlite"
    path: Path = Path("data/series.db")
    url: str = "http://127.0.0.1:8086"
    org: str = "campus"
    bucket: str = "campus"
    token: str = ""
    timeout_s: Positive = 10.0
    keep_days: Positive = 400.0  # older readings are deleted


class Ingest(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[ingest]``: how much is in flight and how it is batched."""

    in_flight: Annotated[int, Meta(ge=1, le=65535)] = 8000
    batch_messages: Annotated[int, Meta(ge=1, le=100_000)] = 2000
    batch_wait_ms: Annotated[int, Meta(ge=0, le=5000)] = 50
    clock_tolerance_s: Positive = 300.0  # a device time further off than this is flagged clock_suspect
    partition: Annotated[str, Meta(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$")] = "1/1"


class Presence(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[presence]``: when a device counts as late and as silent, in seconds since it was last heard."""

    late_after_s: Positive = 90.0
    silent_after_s: Positive = 180.0
    grace_s: Positive = 120.0  # after a start nobody is called silent for this long: no storm after a restart


class Webhook(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.webhooks]]``: where alarms are posted to. ``secret`` signs them (Standard Webhooks, ``whsec_...``)."""

    name: str
    url: str
    secret: str = ""
    min_severity: Literal["info", "warning", "major", "critical"] = "warning"


Severity = Literal["info", "warning", "major", "critical"]


class Bot(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.bots]]``: a bot in a group of DingTalk, WeCom or Feishu. ``secret`` signs (DingTalk, Feishu)."""

    name: str
    kind: Literal["dingtalk", "wecom", "feishu"]
    url: str
    secret: str = ""
    per_minute: Annotated[int, Meta(ge=0, le=1000)] = 0  # 0: what the service allows
    min_severity: Severity = "warning"


class Mail(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.mails]]``: alarms by e-mail."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...] = ()  # at least one, except for guardians
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    min_severity: Severity = "warning"


class Sms(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.sms]]``: alarms by SMS through an HTTP gateway; ``body`` with ``{to}``, ``{text}``, ``{key}``."""

    name: str
    url: str
    body: dict[str, str]
    to: tuple[str, ...] = ()  # at least one, except for guardians
    format: Literal["json", "form"] = "json"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    together: bool = False  # the gateway takes several numbers, separated by commas
    ok_field: str = ""  # a field of the answer that says whether it was taken; empty: the HTTP status says it
    ok_value: str = "0"
    limit: Annotated[int, Meta(ge=20, le=2000)] = 200  # bytes of text
    min_severity: Severity = "major"


class MqttOut(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.mqtt]]``: alarms over our own broker, for sirens and screens."""

    name: str
    topic: str = "campus-out/{school}/alarms"
    min_severity: Severity = "major"


class AppriseUrl(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.apprise]]``: alarms over any service Apprise knows; needs the extra ``apprise``."""

    name: str
    url: str
    min_severity: Severity = "warning"


class Alerts(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[alerts]``: rules, routes and the channels over which people are told."""

    rules: Path | None = None  # None: the rules shipped with the platform
    routes: Path | None = None  # who is told until the console's first revision; None: every endpoint, by its severity
    link_minutes: Annotated[float, Meta(ge=0, le=1440)] = 60.0  # a link in a message acknowledges so long; 0: no links
    history_days: Positive = 60.0  # events are kept so long for `campus rules replay`
    webhooks: tuple[Webhook, ...] = ()
    bots: tuple[Bot, ...] = ()
    mails: tuple[Mail, ...] = ()
    sms: tuple[Sms, ...] = ()
    mqtt: tuple[MqttOut, ...] = ()
    apprise: tuple[AppriseUrl, ...] = ()

    def endpoints(self) -> dict[str, Severity]:
        """The mildest severity that each endpoint asks for, by its name."""
        every: tuple[Webhook | Bot | Mail | Sms | MqttOut | AppriseUrl, ...]
        every = (*self.webhooks, *self.bots, *self.mails, *self.sms, *self.mqtt, *self.apprise)
        return {one.name: one.min_severity for one in every}


class Guardians(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[guardians]``: when guardians are told what, and the ways to them; none of them, nothing goes out."""

    settle_minutes: Positive = 10.0  # an absence waits so long for late evidence and for a teacher's word
    gather_minutes: Positive = 2.0  # a message waits so long for others to the same guardian
    fresh_minutes: Positive = 60.0  # afterwards an arrival or a leaving is no news
    quiet_from: str = "21:30"  # from here to quiet_until nothing goes out
    quiet_until: str = "06:30"
    keep_days: Positive = 180.0  # notices and messages are kept so long
    sms: Sms | None = None  # its ``to`` is left out: the guardian's number is put in
    mail: Mail | None = None
    webhook: Webhook | None = None


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


class SigningKey(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[firmware.keys]]``: whose signature of firmware is believed; the name is shown as who signed."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    public_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Firmware(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[firmware]``: which files may be put on the list; agents check again, by a key of their own."""

    keys: tuple[SigningKey, ...] = ()
    largest_mb: Positive = 200.0


class Metrics(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[metrics]``: Prometheus metrics of each program; port 0 switches them off."""

    host: str = "127.0.0.1"
    ingest_port: Annotated[int, Meta(ge=0, le=65535)] = 9101
    alerts_port: Annotated[int, Meta(ge=0, le=65535)] = 9102
    edge_port: Annotated[int, Meta(ge=0, le=65535)] = 9103


class RosterProvider(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[roster.provider]``: a student information system that speaks OneRoster over REST."""

    url: str = ""  # with the version: https://sis.example/ims/oneroster/v1p1 or .../ims/oneroster/rostering/v1p2
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    sort: bool = True  # ask for pages in the order of ids, so that they hold still
    timeout_s: Positive = 60.0

    def __post_init__(self) -> None:
        for name, url in (("url", self.url), ("token_url", self.token_url)):
            if url and not is_private(url):
                raise SettingsError(f"roster.provider.{name}", "is not https", "A roster and its key never go in clear")
        if self.url and not (self.token_url and self.client_id and self.client_secret):
            raise SettingsError(
                "roster.provider",
                "needs token_url, client_id and client_secret beside url",
                "Set CAMPUS_ROSTER__PROVIDER__CLIENT_SECRET_FILE to a file with the secret",
            )


class RosterFeed(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[roster]``: what keeps the roster current: a watched folder, a provider, or both."""

    folder: Path | None = None  # exports put here are imported; None: no folder is watched
    every_school: bool = False  # all schools of an export, not [school] id alone
    removal_share: Annotated[float, Meta(ge=0, le=1)] = 0.2  # of a school's students; more need a person's word
    leave_out: bool = False  # leave out rows that do not hold together instead of refusing the export
    pull_hours: Positive = 24.0  # how often the provider is asked for what changed
    whole_days: Positive = 7.0  # how often for everything
    provider: RosterProvider = RosterProvider()

    @property
    def kept(self) -> bool:
        """Whether anything keeps the roster current."""
        return self.folder is not None or bool(self.provider.url)


class Calendar(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[calendar]``: what is taken over beside the school's own calendar.csv, which goes before both."""

    official: Literal["", "cn"] = ""  # the official Chinese holidays and make-up days of this year and the next
    feed: str = ""  # an iCalendar of the school's exceptions: a file or an address
    feed_hours: Positive = 6.0  # how often both are looked at


class Edge(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[edge]``: the edge agent that `campus up` runs on this machine too; None: agents run elsewhere."""

    config: Path | None = None


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


class Secrets(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[secrets]``: keys that must be the same on the edge and on the platform."""

    credential_key: str = ""


class Settings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``campus.toml``. Only the composition roots in `cli` see all of it."""

    school: School = School()
    mqtt: Mqtt = Mqtt()
    broker: Broker = Broker()
    trust: Trust = Trust()
    database: Database = Database()
    series: Series = Series()
    ingest: Ingest = Ingest()
    presence: Presence = Presence()
    alerts: Alerts = Alerts()
    guardians: Guardians = Guardians()
    dashboards: Dashboards = Dashboards()
    sign_on: SignOn = SignOn()
    firmware: Firmware = Firmware()
    metrics: Metrics = Metrics()
    edge: Edge = Edge()
    retention: Retention = Retention()
    roster: RosterFeed = RosterFeed()
    calendar: Calendar = Calendar()
    foreign: tuple[Foreign, ...] = ()
    secrets: Secrets = Secrets()

    def __post_init__(self) -> None:
        if self.sign_on.issuer and not self.dashboards.base_url:
            raise SettingsError(
                "dashboards.base_url", "is missing, and [sign_on] sends people back to it", "Write what people type"
            )
