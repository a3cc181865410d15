"""One program at a time in a folder: two pipelines on one database would each believe to be the only one."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campus.errors import Conflict


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold ``folder`` until the block, or the process, ends; raises `Conflict` when somebody holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"{folder} is in use: it runs already. Stop that one, or choose another folder") from None
        yield
