"""All sections together."""

from __future__ import annotations

from campus.errors import SettingsError
from campus.settings.broker import Broker, Foreign, Mqtt, Trust
from campus.settings.console import Dashboards
from campus.settings.retention import Retention
from campus.settings.school import Calendar, RosterFeed, School
from campus.settings.section import Section
from campus.settings.sign_on import SignOn
from campus.settings.telemetry import Database, Edge, Firmware, Ingest, Metrics, Presence, Series
from campus.settings.telling import Alerts, Guardians


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
