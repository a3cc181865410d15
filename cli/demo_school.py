"""Prepares the demo's folder: secrets, settings, the simulated school's files, the database and the accounts."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import sqlalchemy as sa

from campus import db
from campus.config import load, read_secret
from campus.errors import SettingsError
from campus.settings import Settings
from cli import demo_city
from cli.demo_days import ZONE
from cli.init import write_secret
from cli.school_files import import_school
from cli.wiring import open_database
from dashboards.access.accounts import all_accounts, create_account
from dashboards.access.roles import Role
from simulator.cameras import FENCE, STREAM
from simulator.files import write_files
from simulator.fleet import RENDERED_AGENT, RENDERED_CAMERA
from simulator.school import build_school
from simulator.values import SimulatedSchool

SEED = 7
WHOLE_PICTURE = ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95))  # the zone of a camera that nobody knows
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else

SETTINGS = """\
# Written by `campus demo`; made anew at each start.
[school]
id = "school-1"

[mqtt]
port = {mqtt_port}
protocol = "{protocol}"

[broker]
folder = "{folder}/broker"

[database]
url = "sqlite:///{folder}/campus.db"

[series]
path = "{folder}/series.db"

[ingest]
clock_tolerance_s = 1800   # the day runs {speed_note}: a second of the wall is a minute here

[presence]
late_after_s = 240
silent_after_s = 420
grace_s = 600

[dashboards]
port = {console_port}

[metrics]
ingest_port = 0
alerts_port = 0
"""

EDGE = """\
# Written by `campus demo`; made anew at each start.
metrics_port = {metrics_port}

[agent]
id = "{agent}"
spool = "{folder}/edge-spool.db"
heartbeat_s = 60

[school]
id = "school-1"

[mqtt]
port = {mqtt_port}
protocol = "{protocol}"

[[cameras]]
id = "{camera}"
source = {source}
{detector}
telemetry_s = 30
zones = [{{ name = "fence", kind = "intrusion", polygon = {zone} }}]
lines = [{{ name = "path", a = [0.5, 1.0], b = [0.5, 0.0] }}]
"""


class DemoAccount(msgspec.Struct, frozen=True):
    """One account of the demo and what it shows."""

    login: str
    role: Role
    name: str
    password: str
    shows: str


PEOPLE: tuple[tuple[str, Role, str, str], ...] = (
    ("guard", "guard", "陈卫国 (保安)", "security guard: what is wrong now, where, what to do"),
    ("teacher", "teacher", "班主任", "class teacher: the roll that fills itself in"),
    ("facility", "facility", "林工 (设备)", "facility manager: which device needs a person"),
    ("bureau", "bureau", "教育局", "education bureau: the school, or with --city the city, at one look"),
    ("admin", "admin", "管理员", "administrator: accounts, dead letters, platform health"),
)

# With a city: a head who sees the own school, and somebody of the bureau who sees one district.
CITY_PEOPLE: tuple[tuple[str, Role, str, str], ...] = (
    ("head", "head", "沈校长", "head of school: the own school in numbers"),
    ("harbour", "bureau", "港湾区教育科", "education bureau, limited to the district Harbour"),
)
DISTRICT_LOGINS = frozenset({"harbour"})  # each the id of its district


class Prepared(msgspec.Struct, frozen=True):
    """A demo folder that is ready to run."""

    settings: Settings
    config: Path
    edge_config: Path
    camera_port: int | None  # where the simulator draws the camera; None: a real one takes its place
    key_file: Path
    truth: Path
    url: str
    accounts: tuple[DemoAccount, ...]
    accounts_file: Path


class Ports(msgspec.Struct):
    """The ports of this demo folder, kept while they are free."""

    mqtt: int
    console: int
    metrics: int
    camera: int


def prepare(
    folder: Path,
    begin: datetime,
    port: int,
    camera: str | None,
    model: Path | None,
    say: Callable[[str], None],
    *,
    city: bool = False,
) -> Prepared:
    """Bring ``folder`` to the school day of ``begin``: files written, database migrated and imported, accounts made.

    ``city``: an invented city about the school, too.
    """
    folder, day = folder.resolve(), begin.astimezone(ZONE).date()
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "secrets" / "credential.key"
    if not key_file.exists():
        write_secret(key_file, secrets.token_hex(32))
    ports = _ports(folder, port)
    config, edge_config = _write_settings(folder, ports, camera, model)
    settings = load(Settings, config, {})
    say("Growing the school: 1,200 students, 30 classes, 3 gates, 6 cameras, a VR lab, sensors ...")
    school = build_school(SEED, read_secret(key_file, "the demo's key").encode(), day)
    write_files(school, folder / "school")
    say("Preparing the database ...")
    engine = open_database(settings)
    try:
        with db.write(engine) as conn:
            import_school(conn, settings.school, folder / "school", datetime.now(UTC))
            if city:
                demo_city.fill(conn, day, begin, settings.school.zone)
            accounts = _accounts(conn, settings.school.id, school, folder / "accounts.txt", city=city)
    finally:
        engine.dispose()
    url = f"http://127.0.0.1:{ports.console}/"
    truth = folder / f"truth-{day.isoformat()}.jsonl"
    return Prepared(
        settings,
        config,
        edge_config,
        ports.camera if camera is None else None,
        key_file,
        truth,
        url,
        accounts,
        folder / "accounts.txt",
    )


def _write_settings(folder: Path, ports: Ports, camera: str | None, model: Path | None) -> tuple[Path, Path]:
    config, edge_config = folder / "campus.toml", folder / "edge.toml"
    protocol = "5" if find_broker() else "3.1.1"
    config.write_text(
        SETTINGS.format(
            folder=folder, mqtt_port=ports.mqtt, console_port=ports.console, protocol=protocol, speed_note="fast"
        ),
        encoding="utf-8",
    )
    edge_config.write_text(_edge_toml(folder, ports, protocol, camera, model), encoding="utf-8")
    return config, edge_config


def find_broker() -> str | None:
    """Mosquitto's path, or None: then the stand-in broker speaks MQTT 3.1.1 only."""
    from cli.broker import find_mosquitto

    return find_mosquitto()


# -- accounts ----------------------------------------------------------------------------------------------------------


def _accounts(
    conn: sa.Connection, school: str, grown: SimulatedSchool, file: Path, *, city: bool
) -> tuple[DemoAccount, ...]:
    """The demo's people; passwords are random, made once, and kept in ``file`` (mode 600)."""
    known = _read_accounts(file)
    existing = {account.login for account in all_accounts(conn, school)}
    first_class = grown.classes[0]
    made = []
    for login, role, name, shows in (*PEOPLE, *(CITY_PEOPLE if city else ())):
        account = known.get(login) or DemoAccount(login, role, name, _password(), shows)
        if login not in existing:
            teacher = first_class.teacher if role == "teacher" else ""
            district = login if login in DISTRICT_LOGINS else None
            create_account(
                conn, school, login, name, role, account.password, datetime.now(UTC), teacher=teacher, district=district
            )
        made.append(account)
    write_secret(file, "\n".join(f"{one.login}\t{one.password}\t{one.role}\t{one.name}\t{one.shows}" for one in made))
    return tuple(made)


def _read_accounts(file: Path) -> dict[str, DemoAccount]:
    if not file.exists():
        return {}
    shows = {login: (role, name, text) for login, role, name, text in (*PEOPLE, *CITY_PEOPLE)}
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line]
    return {
        row[0]: DemoAccount(row[0], shows[row[0]][0], shows[row[0]][1], row[1], shows[row[0]][2])
        for row in rows
        if row[0] in shows
    }


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


# -- ports and the edge ------------------------------------------------------------------------------------------------


def _ports(folder: Path, console: int) -> Ports:
    file = folder / "ports.json"
    kept = _kept_ports(file)
    if kept is not None and all(_is_free(port) for port in (kept.mqtt, kept.metrics, kept.camera)):
        return msgspec.structs.replace(kept, console=_first_free(console))
    ports = Ports(_any_free(), _first_free(console), _any_free(), _any_free())
    file.write_bytes(msgspec.json.encode(ports))
    return ports


def _kept_ports(file: Path) -> Ports | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Ports)
    except (FileNotFoundError, msgspec.MsgspecError):  # an older demo wrote fewer ports
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _first_free(wanted: int) -> int:
    for port in range(wanted, wanted + 50):
        if _is_free(port):
            return port
    raise SettingsError("--port", f"{wanted} to {wanted + 49} are all taken", "Choose another port")


def _any_free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _edge_toml(folder: Path, ports: Ports, protocol: str, camera: str | None, model: Path | None) -> str:
    source, zone = f"http://127.0.0.1:{ports.camera}{STREAM}", FENCE
    if camera is not None:
        source, zone = str(Path(camera).resolve()) if Path(camera).exists() else camera, WHOLE_PICTURE
    detector = 'detector = "motion"'
    if model is not None:
        detector = f'detector = "{_model_kind(model)}"\nmodel = {_quoted(str(model.resolve()))}'
    return EDGE.format(
        folder=folder, metrics_port=ports.metrics, mqtt_port=ports.mqtt, protocol=protocol, source=_quoted(source),
        detector=detector, zone=[list(corner) for corner in zone], agent=RENDERED_AGENT, camera=RENDERED_CAMERA,
    )  # fmt: skip


def _model_kind(model: Path) -> str:
    name = model.name.lower()
    for kind in ("yolox", "fastestdet"):
        if kind in name:
            return kind
    raise click.BadParameter(f"{model.name}: name the file after its kind, yolox or fastestdet", param_hint="--model")


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
