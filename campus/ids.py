"""Identifiers: UUIDv7, so that ids sort by the time they were made."""

from __future__ import annotations

import secrets

import uuid_utils


def new_id() -> str:
    """A fresh UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def new_boot() -> str:
    """A fresh boot id: tells one run of a device or agent from the next."""
    return secrets.token_hex(4)
