"""The all-in-one's own Mosquitto: written configuration, started, watched until it answers, stopped."""

from __future__ import annotations

import logging
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import msgspec

from campus.errors import SettingsError, Unavailable

log = logging.getLogger("cli.programs.broker")
# Debian puts it where a plain user's PATH does not look.
PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/local/opt/mosquitto/sbin")


class Listener(msgspec.Struct, frozen=True):
    """Where the broker listens, and who may come: nobody from outside without a password file.

    With a certificate ``port`` is for programs of this machine, and ``tls_port`` on ``host`` for everybody else.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    tls_port: int = 8883
    password_file: Path | None = None
    acl_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if self.host not in {"127.0.0.1", "::1", "localhost"} and self.password_file is None:
            raise SettingsError(
                "broker.password_file",
                f"the broker would listen on {self.host} without passwords",
                "Make one with mosquitto_passwd, or listen on 127.0.0.1",
            )

    @property
    def watched(self) -> tuple[Path, ...]:
        """The files that the platform writes while the broker runs."""
        return tuple(path for path in (self.password_file, self.acl_file) if path is not None)


def find_mosquitto() -> str | None:
    """The path of the Mosquitto program, or None."""
    found = shutil.which("mosquitto")
    return found or next((f"{place}/mosquitto" for place in PLACES if Path(place, "mosquitto").exists()), None)


def configuration(listener: Listener, folder: Path) -> str:
    """A Mosquitto 2 configuration: persistent, and with limits that an ack-after-commit consumer needs.

    The default of 20 messages in flight would choke it; the queue bounds what a stopped pipeline may cost in memory.
    """
    lines = [
        f"listener {listener.port} {'127.0.0.1' if listener.cert_file else listener.host}",
        f"allow_anonymous {'false' if listener.password_file else 'true'}",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 30",
        "max_inflight_messages 20000",
        "max_queued_messages 1000000",
        "max_queued_bytes 1073741824",
        "max_packet_size 1048576",  # what is too large for us is seen among the dead letters, up to here
        "persistent_client_expiration 14d",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
    ]
    for key, path in (
        ("password_file", listener.password_file),
        ("acl_file", listener.acl_file),
    ):
        if path is not None:
            lines.append(f"{key} {path}")
    if listener.cert_file is not None:
        # Whoever comes from outside is called as its account: nobody takes over the session of another.
        lines += [f"listener {listener.tls_port} {listener.host}", "use_username_as_clientid true"]
        lines += [f"certfile {listener.cert_file}"]
        lines += [f"keyfile {listener.key_file}"] if listener.key_file else []
    return "\n".join(lines) + "\n"


def is_listening(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


class Mosquitto:
    """A Mosquitto of our own, kept in ``folder`` (configuration, persistence, log)."""

    def __init__(self, program: str, listener: Listener, folder: Path) -> None:
        self._program = program
        self._listener = listener
        self._folder = folder.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._read: object = None

    def start(self, patience_s: float = 10.0) -> None:
        """Start it and wait until it answers; raises `Unavailable` with the end of its log when it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._read = _marks(self._listener.watched)
        config = self._folder / "mosquitto.conf"
        # Started as root Mosquitto would become another user, who may not write here.
        config.write_text(configuration(self._listener, self._folder) + "user root\n", encoding="utf-8")
        with (self._folder / "mosquitto.log").open("ab") as log:
            # A session of its own: Ctrl-C reaches us first, and the broker leaves last.
            self._process = subprocess.Popen(
                [self._program, "-c", str(config)], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and self._process.poll() is None:
            if is_listening(self._listener.host, self._listener.port):
                return
            time.sleep(0.05)
        self.stop()
        raise Unavailable("the embedded Mosquitto", self._last_words())

    def _last_words(self) -> str:
        lines = (self._folder / "mosquitto.log").read_text(errors="replace").splitlines()[-3:]
        return " / ".join(lines) or f"it did not answer on {self._listener.host}:{self._listener.port}"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def look_after(self) -> None:
        """Start it again when it ended by itself, have it read its accounts again when they changed.

        Its sessions and queues are on the disk. Who has no account any more is thrown out at once.
        """
        if self._process is not None and self.alive and self._read != (marks := _marks(self._listener.watched)):
            self._read = marks
            self._process.send_signal(signal.SIGHUP)
        if self._process is not None and not self.alive:
            log.error("Mosquitto ended with code %s and is started again", self._process.returncode)
            self._process = None
            try:
                self.start()
            except Unavailable as error:
                log.error("%s", error)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it; it saves its sessions first."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _marks(paths: tuple[Path, ...]) -> list[tuple[int, int]]:
    """What tells one state of the files from another."""
    return [(one.st_mtime_ns, one.st_ino) for one in (path.stat() for path in paths if path.exists())]
