"""The service of the edge agent: valid, without privileges, restarted, and what it needs is allowed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/systemd/campus-edge.service"
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there: systemd looks for it."""
    text = UNIT.read_text(encoding="utf-8")
    lines = ["ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in text.splitlines()]
    path = tmp_path / UNIT.name
    path.write_text("\n".join(lines) + "\n")
    return path


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_systemd_calls_its_exposure_low(unit: Path) -> None:
    ask = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(unit)]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_unit_lets_the_agent_reach_what_it_is_there_for() -> None:
    text = UNIT.read_text(encoding="utf-8")
    for device in ("char-input", "char-ttyUSB", "char-ttyACM", "char-video4linux", "char-gpiochip", "char-usb_device"):
        assert f"DeviceAllow={device}" in text
    assert {"Type=notify", "WatchdogSec=60", "Restart=always", "User=campus-edge"} <= set(text.splitlines())


def test_the_guide_names_the_unit_and_its_paths() -> None:
    guide = (ROOT / "docs/guides/install-edge.md").read_text(encoding="utf-8")
    for path in ("deploy/systemd/campus-edge.service", "/etc/campus-edge/edge.toml", "/opt/campus/venv"):
        assert path in guide
