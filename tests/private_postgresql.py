"""A PostgreSQL server of the tests' own: made in a folder, spoken to by a socket there, gone afterwards."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHERE = "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on PATH, or where Debian and Homebrew hide them."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [path for pattern in WHERE for path in Path("/").glob(pattern.lstrip("/")) if (path / "initdb").exists()]
    return max(folders, default=None)


def _options(folder: Path) -> str:
    return f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=50"


@contextmanager
def server(programs: Path, folder: Path) -> Iterator[str]:
    """Run a server in ``folder``; gives its SQLAlchemy URL. Root lends the folder to somebody: initdb refuses root."""
    folder.mkdir(parents=True)
    prefix: list[str] = []
    if os.geteuid() == 0:
        user = "postgres" if any(one.pw_name == "postgres" for one in pwd.getpwall()) else "nobody"
        shutil.chown(folder, user)
        for parent in folder.parents:
            if parent.owner() == "root" and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
        prefix = ["runuser", "-u", user, "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run("initdb", "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", _options(folder))
    try:
        yield f"postgresql+psycopg://tests@/postgres?host={folder}"
    finally:
        run("pg_ctl", "stop", "-m", "immediate")


def restart(programs: Path, url: str) -> None:
    """End the server of ``url`` at once, as a crash would, and start it again with the options it had."""
    folder = Path(url.partition("host=")[2])
    arguments = ["-m", "immediate", "-w", "-l", str(folder / "log"), "-o", _options(folder)]
    user = [] if os.geteuid() else ["runuser", "-u", folder.owner(), "--"]
    command = [*user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "restart", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
