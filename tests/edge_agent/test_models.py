"""Known models: installed only when they are the very file that was measured and OpenCV can run it."""

import hashlib
import io
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from campus.errors import NotFound, SettingsError
from cli.commands.models import models
from edge_agent import models as module
from edge_agent.models import KNOWN, install, installed, known

NANO = known("yolox-nano")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - its name there


@pytest.fixture
def address(real_data: Path) -> Iterator[str]:
    """A web server with the real models."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(real_data / "models")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.real_data
@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_a_known_model_is_installed_from_its_file(model: module.KnownModel, real_data: Path, tmp_path: Path) -> None:
    path = install(model, str(real_data / "models" / model.file), tmp_path / "models")
    assert path == tmp_path / "models" / model.file
    assert installed(model, tmp_path / "models")
    assert [entry.name for entry in path.parent.iterdir()] == [model.file]


@pytest.mark.real_data
def test_a_known_model_is_installed_from_an_address(address: str, tmp_path: Path) -> None:
    install(NANO, f"{address}/{NANO.file}", tmp_path)
    assert installed(NANO, tmp_path)


@pytest.mark.real_data
def test_an_address_without_the_file_is_told(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be fetched"):
        install(NANO, f"{address}/gone.onnx", tmp_path)


def test_another_file_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    (tmp_path / NANO.file).write_bytes(b"old")
    other = tmp_path / "other.onnx"
    other.write_bytes(b"other")
    with pytest.raises(SettingsError, match="has the checksum"):
        install(NANO, str(other), tmp_path)
    assert (tmp_path / NANO.file).read_bytes() == b"old"
    assert not installed(NANO, tmp_path)


def test_a_file_with_the_right_checksum_that_is_no_network_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"not a network")
    fake = msgspec.structs.replace(NANO, sha256=hashlib.sha256(b"not a network").hexdigest())
    with pytest.raises(SettingsError, match="OpenCV cannot run it"):
        install(fake, str(other), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_what_never_ends_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 20)
    with (tmp_path / "x").open("wb") as file, pytest.raises(SettingsError, match="larger than 1 MB"):
        module._copy("http://x", io.BytesIO(bytes(3 << 20)), file)
    assert (tmp_path / "x").stat().st_size <= 1 << 20


def test_an_unknown_model_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="yolox-nano, fastestdet"):
        known("yolo-99")


def test_the_command_lists_licence_address_and_checksum(tmp_path: Path) -> None:
    result = CliRunner().invoke(models, ["list", "--to", str(tmp_path)])
    assert result.exit_code == 0
    for model in KNOWN:
        assert all(text in result.output for text in (model.licence, model.address, model.sha256, "not installed"))


@pytest.mark.real_data
def test_the_command_says_what_to_write_into_edge_toml(real_data: Path, tmp_path: Path) -> None:
    source = str(real_data / "models" / NANO.file)
    result = CliRunner().invoke(models, ["install", "yolox-nano", "--from", source, "--to", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert f'detector = "yolox", model = "{tmp_path / NANO.file}"' in result.output
