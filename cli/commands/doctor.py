"""`campus doctor`: what is missing or misconfigured on this machine, each finding with its fix."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa

from attendance.roster.log import ImportEntry, standing
from campus import db
from campus.clock import SystemClock
from campus.errors import CampusError
from campus.series.open import open_series
from campus.settings import Settings
from campus.settings.section import is_private
from cli.programs.broker import Listener, find_mosquitto, is_listening

Verdict = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    verdict: Verdict
    what: str
    says: str
    fix: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything `campus up` needs; nothing is changed."""
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("Python", _python),
        ("OpenCV", _opencv),
        ("broker", _broker),
        ("database", _database),
        ("series store", _series),
        ("credential key", _credential_key),
        ("console", _console),
        ("single sign-on", _sign_on),
        ("second factors", _second_factors),
        ("roster", _roster),
        ("routes", _routes),
        ("certificate", _certificate),
        ("disk", _disk),
    )
    for what, check in checks:
        try:
            yield check(settings)
        except CampusError as error:
            yield Finding("problem", what, str(error))


def _python(_settings: Settings) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("ok", "Python", version)


def _opencv(_settings: Settings) -> Finding:
    if importlib.util.find_spec("cv2") is None:
        return Finding(
            "warning",
            "OpenCV",
            "is not installed: this machine can run no cameras",
            "pip install 'campus-safety[edge]'",
        )
    return Finding("ok", "OpenCV", "is installed")


def _broker(settings: Settings) -> Finding:
    where = f"{settings.mqtt.host}:{settings.mqtt.port}"
    if is_listening(settings.mqtt.host, settings.mqtt.port):
        return Finding("ok", "broker", f"answers on {where}")
    if not settings.broker.embedded:
        return Finding("problem", "broker", f"nothing answers on {where}", "Start it, or mend [mqtt] host and port")
    broker = settings.broker
    Listener(host=broker.host, port=settings.mqtt.port, password_file=broker.password_file)
    program = find_mosquitto()
    if program is None:
        return Finding(
            "problem", "broker", "Mosquitto is not installed, and `campus up` needs it (only the demo has a stand-in)",
            "apt-get install mosquitto (macOS: brew install mosquitto)",
        )  # fmt: skip
    return Finding("ok", "broker", f"`campus up` will start {program} on {where}")


def _database(settings: Settings) -> Finding:
    engine = db.open_engine(settings.database.url)
    try:
        with db.read(engine) as conn:
            has = sa.inspect(conn).has_table("alembic_version")
            version = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() if has else None
    finally:
        engine.dispose()
    if version is None:
        return Finding("warning", "database", "is empty", "Run `campus migrate`, then `campus import FOLDER`")
    newest = db.newest_revision()
    if version != newest:
        return Finding("warning", "database", f"has schema {version}, this program {newest}", "Run `campus migrate`")
    return Finding("ok", "database", f"answers, schema {version}")


def _series(settings: Settings) -> Finding:
    store = open_series(settings.series)
    try:
        store.ping()
    finally:
        store.close()
    return Finding("ok", "series store", f"{settings.series.kind} answers")


def _credential_key(settings: Settings) -> Finding:
    key = settings.secrets.credential_key
    if len(key) < 16:
        return Finding(
            "problem", "credential key", "is missing or shorter than 16 characters: card numbers cannot be hashed",
            "Set CAMPUS_SECRETS__CREDENTIAL_KEY_FILE to a file with a random key (`campus init` makes one)",
        )  # fmt: skip
    return Finding("ok", "credential key", "is set")


def _console(settings: Settings) -> Finding:
    where = f"{settings.dashboards.host}:{settings.dashboards.port}"
    if is_listening(settings.dashboards.host, settings.dashboards.port):
        return Finding("warning", "console", f"{where} is taken: the console runs, or another program does")
    outside = settings.dashboards.host not in {"127.0.0.1", "localhost", "::1"}
    if outside and not settings.dashboards.secure_cookies:
        return Finding(
            "warning", "console", f"{where} is open to the network without HTTPS",
            "Put it behind a TLS proxy and set [dashboards] secure_cookies = true",
        )  # fmt: skip
    return Finding("ok", "console", f"{where} is free")


def _second_factors(settings: Settings) -> Finding:
    from dashboards.access import factor_store  # the server's libraries
    from dashboards.access.sealing import sealer_of

    fix = "Set CAMPUS_DASHBOARDS__ACCOUNT_KEY_FILE to a file with a random key, and keep a copy of it"
    if not sealer_of(settings.dashboards.account_key).works:
        return Finding("warning", "second factors", "are stored in the clear: there is no key that seals them", fix)
    engine = db.open_engine(settings.database.url)
    try:
        with db.read(engine) as conn:
            has = sa.inspect(conn).has_table("recovery_codes")
            clear = factor_store.in_the_clear(conn) if has else 0
    finally:
        engine.dispose()
    says = f"are sealed; {clear} from before will be at their next sign-in" if clear else "are sealed"
    return Finding("ok", "second factors", says)


def _sign_on(settings: Settings) -> Finding:
    from dashboards.access.provider import provider_of  # the server's libraries

    provider = provider_of(settings.sign_on, settings.dashboards.base_url, SystemClock())
    if provider is None:
        return Finding("ok", "single sign-on", "is not used")
    fix = "Look at [sign_on] issuer and at the way to it; until it answers only passwords sign in"
    try:
        found, keys = provider.discovery(), provider.keys()
    except CampusError as error:
        return Finding("problem", "single sign-on", str(error), fix)
    if b'"keys"' not in keys:
        return Finding("problem", "single sign-on", f"{found.jwks_uri} holds no keys", fix)
    back = provider.callback
    if not is_private(back):
        return Finding("warning", "single sign-on", f"{back} is not https", "Set [dashboards] base_url to https")
    return Finding("ok", "single sign-on", f"{found.issuer} answers; people come back to {back}")


def _roster(settings: Settings) -> Finding:
    engine = db.open_engine(settings.database.url)
    try:
        with db.read(engine) as conn:
            if not sa.inspect(conn).has_table("roster_imports"):
                return Finding("warning", "roster", "was never imported", "Run `campus migrate`, then import it")
            found = standing(conn, settings.school.id)
    finally:
        engine.dispose()
    if found.trouble is not None:
        began, reason = found.trouble.began_at, found.trouble.reason.partition("\n")[0]
        return Finding(
            "problem", "roster", f"the import of {began:%Y-%m-%d %H:%M} UTC was {found.trouble.state}: {reason}",
            "See `campus roster status`; mend the export, or confirm it with `campus roster import --confirm`",
        )  # fmt: skip
    return _roster_age(settings, found.last_good)


def _roster_age(settings: Settings, last: ImportEntry | None) -> Finding:
    if last is None:
        return Finding("ok", "roster", "no import is recorded")
    says = f"imported {last.began_at:%Y-%m-%d %H:%M} UTC"
    old = SystemClock().now() - last.began_at > 3 * timedelta(hours=settings.roster.pull_hours)
    if old and settings.roster.provider.url:
        return Finding("warning", "roster", f"{says}: too long ago", "Does `campus roster keep` run?")
    return Finding("ok", "roster", says)


def _routes(settings: Settings) -> Finding:
    from alerts.telling.in_force import in_force  # the server's libraries
    from alerts.telling.route_rows import gaps, staffed
    from alerts.telling.routefile import read_routes
    from attendance.rollbook import RollBook
    from cli.joins.people import SchoolPeople

    zone, path, endpoints = settings.school.zone, settings.alerts.routes, settings.alerts.endpoints()
    engine = db.open_engine(settings.database.url)
    try:
        with db.read(engine) as conn:
            if not sa.inspect(conn).has_table("route_revisions"):
                return Finding("warning", "routes", "are not known yet", "Run `campus migrate`")
            found = in_force(conn, path)
            has = staffed(conn, SchoolPeople(RollBook(zone)), settings.school.id)
    finally:
        engine.dispose()
    name = found.name(path)
    wrong = [one.sentence() for one in gaps(read_routes(found.text, name), endpoints, has)]
    if wrong:
        fix = "Mend them on the console's page /routes, or the endpoints under [alerts] of campus.toml"
        return Finding("warning", "routes", f"{'; '.join([f'{name} is in force', *wrong])}", fix)
    return Finding("ok", "routes", f"{name} is in force")


def _certificate(settings: Settings) -> Finding:
    used = [path for path in (settings.broker.cert_file, settings.dashboards.cert_file) if path is not None]
    if not used:
        if settings.broker.host in {"127.0.0.1", "localhost", "::1"} or not settings.broker.embedded:
            return Finding("ok", "certificate", "none is used")
        return Finding(
            "warning", "certificate", f"the broker speaks in the clear on {settings.broker.host}",
            "Set [broker] cert_file and key_file; `campus certificate` makes them",
        )  # fmt: skip
    from devices.trust.authority import ends_at

    ends = min(ends_at(path) for path in used)
    left = (ends - datetime.now(UTC)).days
    if left < 30:
        verdict: Verdict = "problem" if left < 7 else "warning"
        return Finding(verdict, "certificate", f"ends in {left} days", "Run `campus certificate`, then restart")
    return Finding("ok", "certificate", f"good until {ends:%Y-%m-%d}")


def _disk(settings: Settings) -> Finding:
    """The fullest disk that the platform writes to by itself; what InfluxDB and PostgreSQL write is theirs to watch."""
    folders = [settings.dashboards.files]
    if settings.series.kind == "sqlite":
        folders.append(settings.series.path.parent)
    url = sa.make_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).parent)
    free_gb, folder = min((shutil.disk_usage(folder).free / 1e9, folder) for folder in map(_there, folders))
    if free_gb < 2:
        return Finding(
            "problem", "disk", f"{free_gb:.1f} GB free at {folder}", "Make room: a school writes about 1 GB a month"
        )
    return Finding("ok", "disk", f"{free_gb:.0f} GB free at {folder}")


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return folder if folder.exists() or folder == folder.parent else _there(folder.parent)
