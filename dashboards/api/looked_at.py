"""A file that is sent twice: looked at first, then taken, if it is still the file that was looked at."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from anyio.to_thread import run_sync
from fastapi import Query
from starlette.requests import Request

from attendance.roster.run import digest_of
from campus.errors import Conflict, ImportFileError
from dashboards.api.answers import InvalidBody

T = TypeVar("T")
Digest = Annotated[str, Query(max_length=64)]


async def with_file(request: Request, name: str, largest: int, work: Callable[[Path], T]) -> T:
    """Do ``work`` in a thread with the body as a file called ``name``, which is gone afterwards: it holds names.

    Raises `InvalidBody` when it is longer than ``largest`` bytes, and when ``work`` finds it wrong.
    """
    with tempfile.TemporaryDirectory(prefix="campus-upload-") as folder:
        path, size = Path(folder) / name, 0
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise InvalidBody(f"the file is larger than {largest // 1024 // 1024} MiB; import it by command")
                file.write(chunk)
        try:
            return await run_sync(work, path)
        except ImportFileError as error:
            raise InvalidBody(str(error)) from None


def must_be(path: Path, digest: str) -> None:
    """Raise `Conflict` unless the file at ``path`` is the one of which a look told ``digest``."""
    if digest_of(path) != digest:
        raise Conflict("this is not the file that was looked at; look at it first")
