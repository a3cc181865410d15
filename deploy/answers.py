"""The containers' health check: does the program answer at the given URL? Exit code 0 when it does."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    """Ask ``url``; 0 for an answer without an error."""
    try:
        with urllib.request.urlopen(url, timeout=4):  # noqa: S310 - our own address
            return 0
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
