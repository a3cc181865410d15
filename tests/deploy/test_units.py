"""The services of systemd: valid, without privileges, restarted, and what they need is allowed."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from cli.main import campus

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy/systemd"
NAMES = sorted(path.name for path in UNITS.iterdir())
SERVICES = [name for name in NAMES if name.endswith(".service")]
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units with programs that are there: systemd looks for them."""
    for name in NAMES:
        lines = (UNITS / name).read_text(encoding="utf-8").splitlines()
        there = ["ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in lines]
        (tmp_path / name).write_text("\n".join(there) + "\n")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_nothing_wrong_with_a_unit(name: str, folder: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(folder / name)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_calls_the_exposure_of_a_service_low(name: str, folder: Path) -> None:
    ask = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(folder / name)]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_unit_lets_the_agent_reach_what_it_is_there_for() -> None:
    text = (UNITS / "campus-edge.service").read_text(encoding="utf-8")
    for device in ("char-input", "char-ttyUSB", "char-ttyACM", "char-video4linux", "char-gpiochip", "char-usb_device"):
        assert f"DeviceAllow={device}" in text
    assert {"Type=notify", "WatchdogSec=60", "Restart=always", "User=campus-edge"} <= set(text.splitlines())


@pytest.mark.parametrize(
    ("guide", "paths"),
    [
        ("install-edge.md", ("deploy/systemd/campus-edge.service", "/etc/campus-edge/edge.toml", "/opt/campus/venv")),
        (
            "install-server.md",
            (
                "systemd/campus.service",
                "systemd/campus-backup.timer",
                "/opt/campus/.venv/bin/campus",
                "/srv/campus-backup",
            ),
        ),
    ],
)
def test_a_guide_names_the_unit_and_its_paths(guide: str, paths: tuple[str, ...]) -> None:
    text = (ROOT / "docs/guides" / guide).read_text(encoding="utf-8")
    assert [path for path in paths if path not in text] == []


def test_what_a_unit_starts_is_a_command_with_these_options() -> None:
    for name in SERVICES:
        start = next(line for line in (UNITS / name).read_text("utf-8").splitlines() if line.startswith("ExecStart="))
        _, command, *arguments = start.split()
        found = campus.get_command(click.Context(campus), command)
        assert found is not None, name
        known = {option for parameter in found.params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, name
