"""`campus init FOLDER`: the settings and secrets of a new school, ready to be edited."""

from __future__ import annotations

import secrets
import socket
from datetime import datetime
from pathlib import Path

from campus.errors import Conflict
from cli.commands.certificate import hosts_of_this_machine
from devices.trust import authority
from devices.trust.broker_files import access_list
from devices.trust.passwords import hashed

CAMPUS_TOML = """\
# Settings of the platform. Every key: docs/reference/settings.md. Secrets come from files, see the end.
[school]
id = "school-1"            # stands in every topic: campus/school-1/<device>/<channel>
timezone = "Asia/Shanghai"

[mqtt]
host = "127.0.0.1"         # the platform's own programs; its password is in campus.env
port = 1883
username = "campus"

[broker]
embedded = true            # `campus up` starts its own Mosquitto; false: yours is used
folder = "{data}/broker"
host = "0.0.0.0"           # devices come in here, encrypted and each with an account of its own
tls_port = 8883
cert_file = "{folder}/secrets/trust/server.crt"   # `campus certificate` makes another
key_file = "{folder}/secrets/trust/server.key"
password_file = "{folder}/secrets/broker/passwords"
acl_file = "{folder}/secrets/broker/access"

[trust]
authority = "{folder}/secrets/trust/authority.crt"
broker_host = "{host}"     # as devices on the network reach this machine
broker_port = 8883

[calendar]
official = "cn"            # public holidays and make-up days; calendar.csv goes before them
# feed = "https://school.example/calendar.ics"   # the school's own exceptions by iCalendar

[database]
url = "sqlite:///{data}/campus.db"   # or postgresql://user@host/campus when more than one host writes

[series]
kind = "sqlite"            # or "influx", with url, org, bucket; token from CAMPUS_SERIES__TOKEN_FILE
path = "{data}/series.db"

[alerts]
rules = "{folder}/rules.yaml"   # the school's own, beside those of the platform; the console's page of rules writes it
# Who is told on other ways than the screen; more ways in docs/reference/settings.md, each tried on the console.
# [[alerts.bots]]
# name = "security-group"
# kind = "dingtalk"        # or "wecom", "feishu"
# url = "https://oapi.dingtalk.com/robot/send?access_token=..."

[dashboards]
host = "127.0.0.1"
port = 8080
# For the network, with HTTPS from the same certificate (browsers ask once to trust secrets/trust/authority.crt):
# host = "0.0.0.0"
# base_url = "https://{host}:8080"
# cert_file = "{folder}/secrets/trust/server.crt"
# key_file = "{folder}/secrets/trust/server.key"
# secure_cookies = true

# [edge]
# config = "{folder}/edge.toml"      # run an edge agent on this machine too
"""

RULES_YAML = """\
# The school's own alarm rules; those of the platform hold beside them. Every key: docs/reference/rules.md.
# without: [door-open]       # a rule of the platform that this school does not want
# rules:                     # more of them, or others in the place of the platform's
"""

EDGE_TOML = """\
# The agent beside cameras, gates, labs and sensors: `campus edge --config edge.toml`.
[agent]
id = "edge-1"
spool = "{data}/edge-spool.db"
enrolment = "{data}/edge-enrolment.json"   # made by `campus edge enrol`; it then replaces [mqtt]

[school]
id = "school-1"

[mqtt]
host = "127.0.0.1"
port = 1883

[[cameras]]
id = "cam-1"
source = "rtsp://camera.example/stream"   # or a video file, an http stream, a webcam's number
# login_file = "{folder}/secrets/cam-1"     # user:password of the camera
detector = "motion"        # or "yolox" / "fastestdet" with model = "x.onnx"

[[cameras.zones]]
name = "fence"
kind = "intrusion"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
armed = ["18:00-06:30"]

# Gates, VR labs and sensors: every key in docs/reference/edge.md, `campus edge check ID` tries each.
# [[gates]]
# id = "gate-1"
# source = "hikvision"       # or "zkteco", "wedge", "line", "qr"
# hikvision = {{address = "http://192.168.1.64", login_file = "{folder}/secrets/gate-1"}}
#
# [[sensors]]
# id = "kitchen-gas"
# modbus = {{line = "/dev/serial/by-id/usb-...", unit = 3, registers = [{{address = 0, contact = "gas"}}]}}
"""


def write_secret(path: Path, content: str) -> None:
    """Write a secret that nobody but its owner may read (mode 600)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(content + "\n", encoding="utf-8")


# What the platform itself may say and hear; accounts of devices are written below by the platform.
ACCESS = """\
user campus
topic read campus/+/+/telemetry
topic read campus/+/+/event
topic read campus/+/+/status
topic read campus/+/+/reply
topic write campus/+/+/command
topic write campus/+/+/config
topic write campus-out/#
"""


def _open_broker(folder: Path, host: str, password: str, now: datetime) -> None:
    """Certificates, the platform's own account and its rights: what the broker needs to let devices in."""
    files = authority.Files(folder / "trust")
    authority.make_authority(files, host, now)
    authority.certify_server(files, hosts_of_this_machine(), now)
    write_secret(folder / "broker" / "passwords", f"campus:{hashed(password)}")
    write_secret(folder / "broker" / "access", access_list(ACCESS, [], lambda _school, _device: ()))


def write_new_school(folder: Path, now: datetime) -> list[str]:
    """Write the files; refuses to overwrite any. Returns what to do next, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    campus_toml, edge_toml, environment = root / "campus.toml", root / "edge.toml", root / "campus.env"
    rules = root / "rules.yaml"
    key, password = root / "secrets" / "credential.key", root / "secrets" / "mqtt.password"
    account_key = root / "secrets" / "account.key"
    for path in (campus_toml, edge_toml, rules, environment, key, password, account_key):
        if path.exists():
            raise Conflict(f"{path} exists already; move it away or choose another folder")
    host = socket.gethostname()
    campus_toml.write_text(CAMPUS_TOML.format(folder=root, data=root / "data", host=host), encoding="utf-8")
    edge_toml.write_text(EDGE_TOML.format(folder=root, data=root / "data"), encoding="utf-8")
    rules.write_text(RULES_YAML, encoding="utf-8")
    write_secret(key, secrets.token_hex(32))
    write_secret(account_key, secrets.token_hex(32))
    write_secret(password, secrets.token_urlsafe(24))
    _open_broker(root / "secrets", host, password.read_text(encoding="utf-8").strip(), now)
    environment.write_text(
        f"CAMPUS_CONFIG={campus_toml}\nCAMPUS_SECRETS__CREDENTIAL_KEY_FILE={key}\n"
        f"CAMPUS_DASHBOARDS__ACCOUNT_KEY_FILE={account_key}\nCAMPUS_MQTT__PASSWORD_FILE={password}\n",
        encoding="utf-8",
    )
    return [
        f"Wrote {campus_toml}, {edge_toml}, {rules}, {environment} and {root / 'secrets'}.",
        "Next:",
        f"  set -a; . {environment}; set +a",
        "  campus import FOLDER          # roster (OneRoster CSV), places, devices, bells, timetable: docs/reference",
        "  campus add-account admin --role admin --name Admin",
        "  campus doctor && campus up",
    ]
