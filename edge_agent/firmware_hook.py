"""Runs the school's own hooks of an update apart from the agent: no shell, no secrets, bounded in time and memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from edge_agent.settings import Firmware

_TOLD = 120  # characters of what it said that are passed on


def run_hook(settings: Firmware, hook: Sequence[str], file: Path, version: str) -> str:
    """Run ``hook`` with the path of ``file`` and ``version`` after its own arguments; what went wrong, or nothing.

    It gets no variable of the agent's environment but PATH, no input, a session of its own that ends as a whole after
    ``hook_s``, files of at most ten times the largest update, and no core dumps.
    """
    most = int(settings.largest_mb * 1024 * 1024 * 10)

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    try:
        process = subprocess.Popen(
            [*hook, str(file.absolute()), version],
            cwd=settings.folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=bounded,  # noqa: PLW1509 - it sets limits and nothing else
        )
    except OSError as error:
        return f"{hook[0]} cannot be run: {error.strerror}"
    try:
        said, _ = process.communicate(timeout=settings.hook_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"{hook[0]} took longer than {settings.hook_s:g} s"
    if process.returncode == 0:
        return ""
    last = said.decode(errors="replace").strip()[-_TOLD:]
    return f"{Path(hook[0]).name} ended with {process.returncode}{f': {last}' if last else ''}"
