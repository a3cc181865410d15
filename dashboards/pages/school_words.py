"""What a school calls the statuses itself, for the texts of a page."""

from __future__ import annotations

from starlette.requests import Request

from attendance.register.statuses import renamed
from campus import db
from dashboards.access.accounts import Account
from dashboards.deps import deps_of
from dashboards.pages.frame import language_of


def school_words(request: Request, account: Account) -> dict[str, str]:
    """The texts of the statuses that the account's school renamed, in the reader's language."""
    language = language_of(request, account)
    with db.read(deps_of(request).engine) as conn:
        own = renamed(conn, account.school)
    return {f"status.{status}": name.name if language == "zh" else name.name_en for status, name in own.items()}
