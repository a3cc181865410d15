"""An edge machine has none of the server's libraries: the command line starts, and says what is missing when asked."""

import subprocess
import sys
from pathlib import Path

import pytest

SERVER = (
    "alembic apscheduler argon2 fastapi starlette influxdb_client jinja2 openpyxl pyotp yaml reportlab zxingcpp "
    "sqlalchemy uvicorn websockets cryptography httpx numpy cv2 pymodbus serial gpiod openvr"
)
PROGRAM = """
import sys
sys.modules.update(dict.fromkeys({names!r}.split()))  # None: as if it were not installed
from cli.main import main
sys.argv = ["campus", *{arguments!r}]
main()
"""


def campus(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(names=SERVER, arguments=arguments)
    env = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=env)


@pytest.mark.parametrize("arguments", [("--help",), ("edge", "--help"), ("edge", "check", "--help")])
def test_the_command_line_starts_without_the_servers_libraries(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = campus(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr[-500:]
    assert "Usage: campus" in done.stdout


def test_a_command_of_the_server_says_what_to_install(tmp_path: Path) -> None:
    done = campus(tmp_path, "attendance", "verify", "--school", "s1")
    assert done.returncode != 0
    assert "sqlalchemy is not installed" in done.stdout + done.stderr
    assert "campus-safety[server]" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_device_whose_library_is_missing_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text('[[cameras]]\nid = "cam-1"\nsource = "sim"\n')
    done = campus(tmp_path, "edge")
    assert "campus-safety[edge]" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
