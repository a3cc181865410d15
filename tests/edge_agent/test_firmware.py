"""Updates from a real web server: forged, cut short, older, unwell, and the power cut in the middle of them."""

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from campus.firmware import Update
from devices.firmware.signing import make_key, sign
from devices.trust import authority
from edge_agent.firmware import Installer, Refused
from edge_agent.firmware_fetch import fetch
from edge_agent.settings import Firmware

INSTALL = '#!/bin/sh\nset -e\ncp current before\ncp "$1" current\nprintenv > env\n'
ROLLBACK = "#!/bin/sh\nif [ -f before ]; then cp before current; fi\n"
CHECK = "#!/bin/sh\ngrep -q well current || { echo sick; exit 3; }\n"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


class Bench:
    """A machine with hooks, a web server, and somebody who signs."""

    def __init__(self, folder: Path, url: str) -> None:
        self.web, self.folder, self.url = folder / "web", folder / "machine", url
        self.folder.mkdir()
        (self.folder / "current").write_text("well: as built")
        self.key = folder / "key"
        hooks = {"install": INSTALL, "rollback": ROLLBACK, "check": CHECK}
        for name, text in hooks.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.settings = Firmware(
            public_key=make_key(self.key), folder=self.folder, hook_s=5,
            **{name: (str(folder / name),) for name in hooks},
        )  # fmt: skip

    def offer(self, version: str, content: str = "well", **other: object) -> Update:
        file = self.web / f"fw-{version}"
        file.write_text(content)
        signed = sign(self.key, file, "agent", version)
        return Update(**{**msgspec.structs.asdict(signed), "url": f"{self.url}/fw-{version}", **other})  # type: ignore[arg-type]

    def installer(self, **other: object) -> Installer:
        return Installer(msgspec.structs.replace(self.settings, **other), "1.4.0", fetch)

    @property
    def current(self) -> str:
        return (self.folder / "current").read_text()


@contextmanager
def web(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A web server of the files in ``folder``, over TLS with ``context``; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "web").mkdir()
    with web(tmp_path / "web") as port:
        yield Bench(tmp_path, f"http://127.0.0.1:{port}")


def test_a_signed_update_is_installed_once_and_the_hook_is_given_no_secret(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_MQTT__PASSWORD", "secret")
    done = bench.installer().update("c-1", bench.offer("1.5.0", "well: 1.5.0"))
    assert (done.ok, done.detail) == (True, "installed 1.5.0")
    assert bench.current == "well: 1.5.0"
    assert bench.installer().version == "1.5.0"
    assert "secret" not in (bench.folder / "env").read_text()
    assert bench.installer().resume() is None
    again = bench.installer().update("c-2", bench.offer("1.5.0"))
    assert (again.ok, again.detail) == (False, "1.5.0 is not newer than 1.5.0, which is installed")


def test_what_was_not_signed_so_is_refused_before_or_after_it_is_fetched(bench: Bench, tmp_path: Path) -> None:
    said = bench.offer("1.5.0", "well: 1.5.0")
    make_key(tmp_path / "other")
    strange = sign(tmp_path / "other", bench.web / "fw-1.5.0", "agent", "1.5.0")
    refusals = {
        "not of the key": msgspec.structs.replace(said, signature=strange.signature),
        "key that is pinned": msgspec.structs.replace(said, version="9.0.0"),
        "signature": msgspec.structs.replace(said, size=said.size + 1),
        "cannot be fetched": msgspec.structs.replace(said, url=f"{bench.url}/nothing"),
        "no http or https": msgspec.structs.replace(said, url="file:///etc/passwd"),
    }
    for why, wrong in refusals.items():
        done = bench.installer().update("c-1", wrong)
        assert not done.ok
        assert why in done.detail
    for content, why in (("well: 1.5", "bytes, 11 were signed"), ("well: 1.6.0", "hash"), ("well: 1.5.0!", "goes on")):
        (bench.web / "fw-1.5.0").write_text(content)
        assert why in bench.installer().update("c-1", said).detail
    other = bench.installer(model="camera").update("c-1", bench.offer("1.5.0"))
    assert "for model 'agent'" in other.detail
    assert "takes no updates" in bench.installer(public_key="").update("c-1", said).detail
    assert bench.current == "well: as built"
    assert not (bench.folder / "env").exists()  # no hook was ever run


def test_over_https_the_schools_own_authority_is_believed_and_no_other(tmp_path: Path) -> None:
    own, other = (authority.Files(tmp_path / name) for name in ("own", "other"))
    for files in (own, other):
        authority.make_authority(files, "school-1", datetime.now(UTC))
        authority.certify_server(files, ["127.0.0.1"], datetime.now(UTC))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "fw").write_text("well")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.server, own.server_key)
    got = tmp_path / "got"
    with web(tmp_path / "web", context) as port:
        url = f"https://127.0.0.1:{port}/fw"
        for stranger in (None, other.authority):
            with pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"):
                fetch(url, got, 100, ca_file=stranger)
        with pytest.raises(Refused, match=r"localhost|Hostname mismatch"):
            fetch(url.replace("127.0.0.1", "localhost"), got, 100, ca_file=own.authority)
        with pytest.raises(Refused, match="cannot be fetched"):
            fetch(url, got, 100, ca_file=tmp_path / "nothing.pem")
        assert not got.exists()
        fetch(url, got, 100, ca_file=own.authority)
    assert got.read_text() == "well"


def test_an_older_version_is_taken_only_when_both_sides_say_so(bench: Bench) -> None:
    older = bench.offer("1.3.9", "well: old", downgrade=True)
    assert "not newer than 1.4.0" in bench.installer().update("c-1", older).detail
    agent = bench.installer(allow_downgrade=True)
    assert "not newer" in agent.update("c-1", msgspec.structs.replace(older, downgrade=False)).detail
    assert agent.update("c-1", older).ok


@pytest.mark.parametrize(
    ("content", "hook", "hook_s", "why"),
    [
        ("ill", CHECK, 60.0, "ended with 3: sick; went back to 1.4.0"),
        ("well", "#!/bin/sh\nsleep 60\n", 1.0, "took longer than 1 s; went back"),
        ("well", "no program at all", 60.0, "cannot be run"),
    ],
)
def test_a_machine_that_is_not_well_goes_back(
    bench: Bench, tmp_path: Path, content: str, hook: str, hook_s: float, why: str
) -> None:  # fmt: skip
    (tmp_path / "check").write_text(hook)
    done = bench.installer(hook_s=hook_s).update("c-1", bench.offer("1.5.0", content))
    assert not done.ok
    assert why in done.detail
    assert bench.current == "well: as built"
    assert bench.installer().version == "1.4.0"


RUN = """
import sys, msgspec
from pathlib import Path
from campus.firmware import Update
from edge_agent.firmware import Installer
from edge_agent.firmware_fetch import fetch
from edge_agent.settings import Firmware
hook = lambda kind, value: Path(value)
settings = msgspec.json.decode(sys.argv[1], type=Firmware, dec_hook=hook)
print(Installer(settings, "1.4.0", fetch).update("c-7", msgspec.json.decode(sys.argv[2], type=Update)))
"""


@pytest.mark.parametrize(
    ("slow", "ok", "after"), [("install", False, "well: as built"), ("check", True, "well: 1.5.0")]
)  # fmt: skip
def test_the_power_is_cut_in_the_middle_and_the_command_is_answered_afterwards(
    bench: Bench, tmp_path: Path, slow: str, ok: bool, after: str
) -> None:
    """A real process is killed while it installs (half the file is there), or while the new version is on trial."""
    quick = (tmp_path / slow).read_text()
    wait = "echo half > current\ntouch reached\nsleep 30\n" if slow == "install" else "touch reached\nsleep 30\n"
    (tmp_path / slow).write_text(
        quick.replace('cp "$1" current\n', wait) if slow == "install" else f"#!/bin/sh\n{wait}"
    )
    settings = msgspec.json.encode(msgspec.structs.replace(bench.settings, hook_s=60.0), enc_hook=str)
    said = msgspec.json.encode(bench.offer("1.5.0", "well: 1.5.0"))
    process = subprocess.Popen([sys.executable, "-c", RUN, settings, said], start_new_session=True)
    end = time.monotonic() + 20
    while not (bench.folder / "reached").exists():
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    for line in subprocess.run(["pgrep", "-f", str(tmp_path / slow)], capture_output=True, text=True).stdout.split():
        os.kill(int(line), signal.SIGKILL)  # the hook dies with the machine, too
    (tmp_path / slow).write_text(quick)
    done = bench.installer().resume()
    assert done is not None
    assert (done.command, done.ok) == ("c-7", ok)
    assert bench.current == after
    assert bench.installer().resume() is None
    assert bench.installer().version == ("1.5.0" if ok else "1.4.0")
