"""The sections of `campus.toml`; each part of the platform is handed its own section and no other."""

from campus.settings.broker import Broker, Foreign, Mqtt, Trust
from campus.settings.console import Dashboards
from campus.settings.retention import Retention
from campus.settings.school import Calendar, RosterFeed, RosterProvider, School
from campus.settings.section import Port, Positive, Section, is_private
from campus.settings.sign_on import SignOn
from campus.settings.telemetry import Database, Edge, Firmware, Ingest, Metrics, Presence, Series, SigningKey
from campus.settings.telling import Alerts, AppriseUrl, Bot, Guardians, Mail, MqttOut, Severity, Sms, Webhook
from campus.settings.whole import Secrets, Settings

__all__ = [
    "Alerts",
    "AppriseUrl",
    "Bot",
    "Broker",
    "Calendar",
    "Dashboards",
    "Database",
    "Edge",
    "Firmware",
    "Foreign",
    "Guardians",
    "Ingest",
    "Mail",
    "Metrics",
    "Mqtt",
    "MqttOut",
    "Port",
    "Positive",
    "Presence",
    "Retention",
    "RosterFeed",
    "RosterProvider",
    "School",
    "Secrets",
    "Section",
    "Series",
    "Settings",
    "Severity",
    "SignOn",
    "SigningKey",
    "Sms",
    "Trust",
    "Webhook",
    "is_private",
]
