"""A real school by hand: `init`, `doctor`, `import`, `add-account`, `up`; mistakes are told in one sentence."""

import csv
import os
import re
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest

from alerts.rules.rulefile import load_rules
from campus.config import load
from campus.settings import Settings
from edge_agent.settings import load_edge
from simulator.school.files import write_files
from simulator.school.school import build_school
from tests.cli.running import Run, Running
from tests.conftest import free_port
from tests.flow.running_school import eventually


def environment_of(folder: Path) -> dict[str, str]:
    """What `campus init` wrote for the environment."""
    lines = (folder / "campus.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def use_free_ports(config: Path) -> tuple[int, int]:
    """Let a written campus.toml listen where nobody does: MQTT and console."""
    mqtt, console = free_port(), free_port()
    text = config.read_text().replace("port = 1883", f"port = {mqtt}").replace("port = 8080", f"port = {console}")
    text = text.replace("tls_port = 8883", f"tls_port = {free_port()}")
    config.write_text(text + "\n[metrics]\ningest_port = 0\nalerts_port = 0\n")
    return mqtt, console


def test_a_new_school_gets_settings_that_load_and_a_key_that_only_its_owner_reads(campus: Run, tmp_path: Path) -> None:
    done = campus("init", "school")
    assert done.returncode == 0, done.stderr
    key = tmp_path / "school" / "secrets" / "credential.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    sealing = tmp_path / "school" / "secrets" / "account.key"
    assert stat.S_IMODE(sealing.stat().st_mode) == 0o600
    environment = {"CAMPUS_SECRETS__CREDENTIAL_KEY_FILE": str(key)}
    settings = load(Settings, tmp_path / "school" / "campus.toml", environment)
    assert len(settings.secrets.credential_key) == 64
    assert load_rules(settings.alerts.rules) == load_rules()  # a file of its own, that changes nothing yet
    assert [camera.id for camera in load_edge(tmp_path / "school" / "edge.toml").cameras] == ["cam-1"]
    again = campus("init", "school")
    assert (again.returncode, "exists already" in again.stderr) == (2, True)


def test_a_wrong_key_in_the_settings_is_named_without_a_stack_trace(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "campus.toml").write_text("[mqtt]\nprot = 1883\n")
    done = campus("doctor")
    assert done.returncode == 2
    assert "`prot` - at `$.mqtt`" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_names_what_must_be_mended_with_the_fix(campus: Run, tmp_path: Path) -> None:
    (tmp_path / "campus.toml").write_text(
        f"[mqtt]\nport = {free_port()}\n[broker]\nembedded = false\n"
        f"[dashboards]\nhost = '0.0.0.0'\nport = {free_port()}\n"
    )
    done = campus("doctor")
    assert done.returncode == 1
    told = {re.split(r"\s+", line)[1]: line for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert told["broker:"].startswith("problem")
    assert told["credential"].startswith("problem")
    assert told["database:"].startswith("warning")
    assert told["console:"].startswith("warning")  # open to the network without HTTPS
    assert "-> Start it, or mend [mqtt] host and port" in done.stdout
    assert "CAMPUS_SECRETS__CREDENTIAL_KEY_FILE" in done.stdout


def test_a_roster_that_loses_many_students_is_taken_only_when_confirmed(campus: Run, tmp_path: Path) -> None:
    assert campus("init", ".").returncode == 0
    key = environment_of(tmp_path)
    write_files(build_school(7, b"k" * 32, date(2026, 9, 7)), tmp_path / "files")
    only_roster = tmp_path / "roster"
    shutil.copytree(tmp_path / "files" / "oneroster", only_roster / "oneroster")
    assert campus("import", "roster", **key).returncode == 0
    halve_students(only_roster / "oneroster")

    refused = campus("import", "roster", **key)
    assert refused.returncode != 0
    assert "campus import --confirm" in refused.stderr
    confirmed = campus("import", "--confirm", "roster", **key)
    assert confirmed.returncode == 0, confirmed.stderr


def halve_students(folder: Path) -> None:
    """Leave out every second student of a OneRoster folder, with the enrolments."""
    with (folder / "users.csv").open(encoding="utf-8") as file:
        students = [row["sourcedId"] for row in csv.DictReader(file) if row["role"] == "student"]
    gone = set(students[::2])
    for name in ("users.csv", "enrollments.csv"):
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not gone & set(line.rstrip("\n").replace('"', "").split(","))]
        (folder / name).write_text("".join(kept), "utf-8")


@pytest.mark.broker
def test_a_school_of_ones_own_is_imported_signed_into_and_stopped(
    campus: Run, start: Callable[..., Running], tmp_path: Path
) -> None:
    assert campus("init", ".").returncode == 0
    _, console = use_free_ports(tmp_path / "campus.toml")
    key = environment_of(tmp_path)
    write_files(build_school(7, b"k" * 32, date(2026, 9, 7)), tmp_path / "files")

    dry = campus("import", "--dry-run", "files", **key)
    assert (dry.returncode, "Dry run: nothing was changed." in dry.stdout) == (0, True), dry.stderr
    done = campus("import", "files", **key)
    assert done.returncode == 0, done.stderr
    (tmp_path / "password").write_text("a long pass phrase\n")
    made = campus("add-account", "head", "--role", "admin", "--name", "Head", "--password-file", "password", **key)
    assert made.returncode == 0, made.stderr
    assert campus("doctor", **key).returncode == 0
    assert "student +1200" in campus("roster", "status", **key).stdout

    up = start("up", **key)
    url = f"http://127.0.0.1:{console}"
    up.until("The console is at")
    assert eventually(lambda: is_well(url)), "".join(up.said)
    with httpx.Client(base_url=url, headers={"Origin": url}) as head:
        assert head.post("/sign-in", data={"login": "head", "password": "a long pass phrase"}).status_code == 303
        assert len(head.get("/api/v1/devices").json()["devices"]) > 50
    if sys.platform == "linux":
        pid = ingest_pid(tmp_path)
        os.kill(pid, signal.SIGKILL)  # a program that dies is started again
        assert eventually(lambda: ingest_pid(tmp_path) not in (0, pid)), "".join(up.said)
    assert up.interrupt() == 0, "".join(up.said)


def is_well(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def ingest_pid(folder: Path) -> int:
    """The process id of the `campus ingest` that runs in ``folder``; 0 when there is none."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            if words[-2:] == [b"ingest", b""] and (path / "cwd").resolve() == folder.resolve():
                return int(path.name)
        except OSError:
            continue
    return 0
