"""Runs the platform's programs as child processes: started in order, restarted with patience, stopped in reverse."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from campus.backoff import backoff

log = logging.getLogger("cli.programs.supervise")
STEADY_S = 30.0  # a program that ran this long is healthy: the next failure starts counting anew
PATIENCE_S = 25.0


class Program(msgspec.Struct, frozen=True):
    """One child: ``campus`` with these arguments."""

    name: str
    arguments: tuple[str, ...]


class Child:
    """A program that is kept running."""

    def __init__(self, program: Program, environment: Mapping[str, str], log_folder: Path) -> None:
        self.program = program
        self._environment = dict(environment)
        self._log = log_folder / f"{program.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._restart_at = 0.0

    def start(self) -> None:
        """Start the process; what it says is appended to its log file."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log_file:
            # A session of its own: Ctrl-C reaches the supervisor alone, which stops the children in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *self.program.arguments],
                env=self._environment,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def look_after(self) -> None:
        """Restart the process when it ended, with growing, jittered patience."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if not self._restart_at:
            self._failures = 0 if now - self._started > STEADY_S else self._failures + 1
            self._restart_at = now + backoff(self._failures)
            log.error(
                "%s ended with code %s; its log is %s", self.program.name, self._process.returncode, self._log,
                extra={"task": self.program.name},
            )  # fmt: skip
        if now >= self._restart_at:
            self._restart_at = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for the end; after ``seconds`` it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(0.1, seconds))
        except subprocess.TimeoutExpired:
            log.error("%s did not stop in time and is killed", self.program.name)
            self._process.kill()
            self._process.wait()


class Charge(Protocol):
    """What the supervisor looks after besides its own children: a broker."""

    def look_after(self) -> None:
        """Start it again when it ended; called a few times a second."""
        ...


class Supervisor:
    """Keeps a list of programs running, and ``charges`` that others start and stop."""

    def __init__(
        self,
        programs: Sequence[Program],
        environment: Mapping[str, str],
        log_folder: Path,
        charges: Sequence[Charge] = (),
    ) -> None:
        merged = {**os.environ, **environment}
        self._charges = tuple(charges)
        self._children = [Child(program, merged, log_folder) for program in programs]

    def run(self, until: threading.Event) -> None:
        """Start all, look after them until the event is set, then stop the last one first."""
        try:
            for child in self._children:
                child.start()
            while not until.wait(0.25):
                for charge in (*self._charges, *self._children):
                    charge.look_after()
        finally:
            self._stop()

    def _stop(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        for child in reversed(self._children):
            child.ask_to_stop()
        for child in reversed(self._children):
            child.wait(deadline - time.monotonic())
