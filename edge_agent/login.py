"""Logins of devices from secret files, put into addresses; and addresses as they may be logged, without them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from campus.errors import SettingsError


def read_login(login_file: Path) -> tuple[str, str]:
    """User and password of a file that holds "user:password"; raises `SettingsError` that names it when not."""
    try:
        user, found, password = login_file.read_text(encoding="utf-8").strip().partition(":")
    except OSError as error:
        raise SettingsError(
            str(login_file), f"cannot be read: {error.strerror}", "Write user:password into it"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(str(login_file), "is no text in UTF-8", "Write user:password into it") from None
    if not found or not user:
        raise SettingsError(str(login_file), "holds no user:password", "Write both into it, with a colon between")
    return user, password


def with_login(location: str, login_file: Path | None) -> str:
    """``location`` with the login of ``login_file`` in it; as it is when there is no file. Raises `SettingsError`."""
    if login_file is None:
        return location
    user, password = read_login(login_file)
    parts = urlsplit(location)
    if not parts.netloc:
        raise SettingsError(location, "is no address that takes a login", "Leave out login_file, or give a URL")
    host = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))


def without_secrets(location: str) -> str:
    """``location`` as it may be logged: without user, password and query, where cameras carry their keys."""
    parts = urlsplit(location)
    if not parts.netloc:
        return location
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
