"""`campus init FOLDER`: the settings and secrets of a new school, ready to be edited."""

from __future__ import annotations

import secrets
from pathlib import Path

from campus.errors import Conflict

CAMPUS_TOML = """\
# Settings of the platform. Every key: docs/reference/settings.md. Secrets come from files, see the end.
[school]
id = "school-1"            # stands in every topic: campus/school-1/<device>/<channel>
timezone = "Asia/Shanghai"

[mqtt]
host = "127.0.0.1"
port = 1883

[broker]
embedded = true            # `campus up` starts its own Mosquitto; false: yours is used
folder = "{data}/broker"
# host = "0.0.0.0"         # let devices in from the network; needs a password file (mosquitto_passwd)
# password_file = "{folder}/secrets/mosquitto.passwd"

[database]
url = "sqlite:///{data}/campus.db"   # or postgresql://user@host/campus when more than one host writes

[series]
kind = "sqlite"            # or "influx", with url, org, bucket; token from CAMPUS_SERIES__TOKEN_FILE
path = "{data}/series.db"

[dashboards]
host = "127.0.0.1"
port = 8080

# [edge]
# config = "{folder}/edge.toml"      # run an edge agent on this machine too
"""

EDGE_TOML = """\
# The agent beside cameras, gates and labs: `campus edge --config edge.toml`.
[agent]
id = "edge-1"
spool = "{data}/edge-spool.db"

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
"""


def write_secret(path: Path, content: str) -> None:
    """Write a secret that nobody but its owner may read (mode 600)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(content + "\n", encoding="utf-8")


def write_new_school(folder: Path) -> list[str]:
    """Write the files; refuses to overwrite any. Returns what to do next, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    campus_toml, edge_toml, key = root / "campus.toml", root / "edge.toml", root / "secrets" / "credential.key"
    for path in (campus_toml, edge_toml, key):
        if path.exists():
            raise Conflict(f"{path} exists already; move it away or choose another folder")
    campus_toml.write_text(CAMPUS_TOML.format(folder=root, data=root / "data"), encoding="utf-8")
    edge_toml.write_text(EDGE_TOML.format(folder=root, data=root / "data"), encoding="utf-8")
    write_secret(key, secrets.token_hex(32))
    return [
        f"Wrote {campus_toml}, {edge_toml} and {key}.",
        "Next:",
        f"  export CAMPUS_CONFIG={campus_toml} CAMPUS_SECRETS__CREDENTIAL_KEY_FILE={key}",
        "  campus import FOLDER          # roster (OneRoster CSV), places, devices, bells, timetable: docs/reference",
        "  campus add-account admin --role admin --name Admin",
        "  campus doctor && campus up",
    ]
