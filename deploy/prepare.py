"""Makes the secrets, certificates and broker accounts of docker-compose.yml; needs nothing but Python 3 and OpenSSL 3.

    python3 deploy/prepare.py                                  make what is missing, change nothing that exists
    python3 deploy/prepare.py device gate-1 co2-101            accounts for devices; prints their passwords once
    python3 deploy/prepare.py agent edge-1 --speaks-for cam-1 --speaks-for gate-1

    python3 deploy/prepare.py certificate school.example 192.0.2.7      the names under which devices reach the broker

Accounts made here are for what cannot be enrolled (docs/reference/enrolment.md). A running broker takes them up by
itself.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# Accounts of the broker whose passwords are secrets of the platform's own services.
SERVICES = {"campus": "mqtt_password", "health": "mqtt_health_password", "simulator": "mqtt_simulator_password"}
SECRETS = (*SERVICES.values(), "postgres_password", "influx_password", "influx_token", "credential_key", "account_key")
# The user that Mosquitto's image runs as.
BROKER_UID = 1883
# As mosquitto_passwd makes them (mosquitto 2: PBKDF2 with SHA-512).
ITERATIONS = 101


def prepare(folder: Path) -> list[str]:
    """Make what is missing below ``folder``; return the names of the secrets made.

    The folder is for its owner alone (mode 700). Its files can be read by the containers' users, who see no folder.
    """
    broker = folder / "mosquitto"
    broker.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = [name for name in SECRETS if _make(folder / name, secrets.token_hex(24))]
    password = (folder / "postgres_password").read_text().strip()
    _make(folder / "database_url", f"postgresql://campus:{password}@postgres/campus")
    if not (broker / "server.crt").exists():
        certify(folder, [socket.gethostname(), "localhost", "127.0.0.1"])
    if not (broker / "acl").exists():
        _write(broker / "acl", (HERE / "mosquitto" / "acl").read_text())
    for user, secret in SERVICES.items():
        if user not in accounts(folder):
            set_account(folder, user, (folder / secret).read_text().strip())
    return made


def certify(folder: Path, hosts: list[str]) -> None:
    """A certificate of the broker for ``hosts``, and the authority behind it when there is none yet."""
    if shutil.which("openssl") is None:
        raise SystemExit("openssl is missing: devices would have to speak in the clear. apt-get install openssl")
    authority, key, broker = folder / "authority", folder / "authority_key", folder / "mosquitto"
    if not authority.exists():
        rights = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")
        _openssl(authority, key, "Campus authority", 3650, *rights)
        authority.chmod(0o644)
    named = ",".join(f"{'IP' if re.fullmatch(r'[0-9.]+|.*:.*', host) else 'DNS'}:{host}" for host in hosts)
    usage = (f"subjectAltName={named}", "extendedKeyUsage=serverAuth")
    signed = ("-CA", str(authority), "-CAkey", str(key))
    _openssl(broker / "server.crt", broker / "server.key", hosts[0], 397, *usage, *signed)


def _openssl(certificate: Path, key: Path, who: str, days: int, *more: str) -> None:
    options: list[str] = []
    for one in more:
        options += ["-addext", one] if "=" in one else [one]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", str(days), "-subj", f"/CN={who}"]
    subprocess.run([*command, *files, *options], check=True, capture_output=True)
    key.chmod(0o600)


def accounts(folder: Path) -> dict[str, str]:
    """The broker's accounts: name to hashed password."""
    file = folder / "mosquitto" / "passwd"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split(":", 1) for line in lines if line)


def set_account(folder: Path, user: str, password: str) -> None:
    """Make a broker account, or give an existing one a new password."""
    known = {**accounts(folder), user: hashed(password)}
    _write(folder / "mosquitto" / "passwd", "".join(f"{name}:{hash_}\n" for name, hash_ in known.items()))


def add_device(folder: Path, device: str) -> str:
    """Make the account of a device and return its password; an existing one gets a new password."""
    if not NAME.fullmatch(device):
        raise SystemExit(f"{device!r} is no device id: 1 to 64 letters, digits, '_', '.' or '-'")
    if device in SERVICES:
        raise SystemExit(f"{device!r} is an account of the platform itself; call the device otherwise")
    password = secrets.token_urlsafe(18)
    set_account(folder, device, password)
    return password


def add_agent(folder: Path, agent: str, devices: list[str], school: str) -> str:
    """Make the account of an agent that also speaks for ``devices`` of ``school``; return its password."""
    for name in (school, *devices):
        if not NAME.fullmatch(name):
            raise SystemExit(f"{name!r} is no id: 1 to 64 letters, digits, '_', '.' or '-'")
    password = add_device(folder, agent)
    file = folder / "mosquitto" / "acl"
    rights = [f"user {agent}"]
    for device in devices:
        rights += [f"topic write campus/{school}/{device}/{ch}" for ch in ("telemetry", "event", "status", "reply")]
        rights += [f"topic read campus/{school}/{device}/{ch}" for ch in ("command", "config")]
    kept = re.sub(rf"(?m)^user {re.escape(agent)}\n(topic .*\n)*\n?", "", file.read_text())
    _write(file, "\n".join(rights) + "\n\n" + kept)
    return password


def hashed(password: str) -> str:
    """A password as Mosquitto 2 keeps it: ``$7$iterations$salt$hash``."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _make(file: Path, content: str) -> bool:
    if file.exists():
        return False
    _write(file, content + "\n")
    return True


def _write(file: Path, content: str) -> None:
    """Write a whole file at once, readable for the container that it is for."""
    temporary = file.with_suffix(".tmp")
    temporary.write_text(content)
    is_brokers = file.parent.name == "mosquitto" and os.geteuid() == 0
    if is_brokers:
        os.chown(temporary, BROKER_UID, BROKER_UID)
    temporary.chmod(0o600 if is_brokers else 0o644)
    temporary.replace(file)


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=HERE / "secrets", help="where the secrets are kept")
    commands = parser.add_subparsers(dest="command")
    device = commands.add_parser("device", help="accounts for devices")
    device.add_argument("ids", nargs="+")
    agent = commands.add_parser("agent", help="an account for an agent that speaks for other devices, too")
    agent.add_argument("id")
    agent.add_argument("--speaks-for", action="append", default=[], metavar="DEVICE")
    agent.add_argument("--school", default="school-1")
    certificate = commands.add_parser("certificate", help="a certificate of the broker for these names and addresses")
    certificate.add_argument("hosts", nargs="+")
    options = parser.parse_args(arguments)
    made = prepare(options.folder)
    if made:
        sys.stdout.write(f"Made {', '.join(made)} in {options.folder}.\n")
    if options.command == "device":
        for name in options.ids:
            sys.stdout.write(f"{name}\t{add_device(options.folder, name)}\n")
    elif options.command == "certificate":
        certify(options.folder, options.hosts)
    elif options.command == "agent":
        password = add_agent(options.folder, options.id, options.speaks_for, options.school)
        sys.stdout.write(f"{options.id}\t{password}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
