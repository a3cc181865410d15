"""`campus devices`: the registry listed, shown, taken in and out as files, labelled, retired."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from cli.main import campus
from tests.devices.conftest import DEVICES, PLACES


@pytest.fixture
def folder(engine: sa.Engine, tmp_path: Path, clock: object) -> Path:
    """A folder with places.csv and devices.csv; the places are imported."""
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "devices.csv").write_text(DEVICES, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, fails: bool = False) -> str:
    env = {"CAMPUS_DATABASE__URL": f"sqlite:///{folder}/campus.db", "CAMPUS_SCHOOL__ID": "school-1"}
    done = CliRunner().invoke(campus, ["devices", *arguments], env=env)
    assert (done.exit_code != 0) == fails, done.output
    return done.output + (str(done.exception) if fails else "")


def test_the_registry_is_kept_from_the_command_line(folder: Path) -> None:
    assert "4 added" in run(folder, "import", "--places", str(folder / "places.csv"))
    dry = run(folder, "import", "--dry-run", str(folder / "devices.csv"))
    assert "cam-1: added: nothing -> 北门摄像头" in dry
    assert "0 device(s)." in run(folder, "list")
    assert "4 added" in run(folder, "import", str(folder / "devices.csv"))
    found = json.loads(run(folder, "list", "--json", "--kind", "gate"))
    assert [row["device"]["id"] for row in found] == ["gate-1"]
    run(folder, "export", str(folder / "out.csv"))
    text = (folder / "out.csv").read_text(encoding="utf-8-sig").replace("C2,north campus,40,20,", "C2,,40,20,SN-9")
    (folder / "out.csv").write_bytes(text.encode("gb18030"))
    assert "1 changed, 3 as before" in run(folder, "import", str(folder / "out.csv"), "--by", "li")
    assert "serial: nothing -> SN-9" in run(folder, "history", "cam-1")
    assert json.loads(run(folder, "show", "--json", "cam-1"))["asset"]["serial"] == "SN-9"
    assert "SN-9" in run(folder, "show", "cam-1")
    run(folder, "labels", str(folder / "labels.pdf"), "cam-1")
    assert (folder / "labels.pdf").read_bytes().startswith(b"%PDF-")
    run(folder, "retire", "cam-1", "--why", "摔坏")
    assert "cam-1" not in run(folder, "list")
    assert "摔坏" in run(folder, "history", "cam-1")


def test_every_wrong_line_is_named_and_nothing_is_kept(folder: Path) -> None:
    run(folder, "import", "--places", str(folder / "places.csv"))
    wrong = DEVICES.replace("gate-1,gate", "gate-1,goat").replace("cam-1,camera", "cam-1,chimera")
    (folder / "devices.csv").write_text(wrong, encoding="utf-8")
    told = run(folder, "import", str(folder / "devices.csv"), fails=True)
    assert "line 3: kind 'goat'" in told
    assert "line 4: kind 'chimera'" in told
    assert "0 device(s)." in run(folder, "list")
