"""OneRoster 1.1 and 1.2 over REST: pages of records, fetched with OAuth 2, as the rows that a CSV export would have."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from attendance.roster.oneroster import Part
from attendance.sheets.rows import Row
from campus.errors import Conflict, Unavailable
from campus.settings import RosterProvider

PARTS: tuple[Part, ...] = ("orgs", "academicSessions", "classes", "users", "enrollments")
_ATTEMPTS = 6
_LONGEST_WAIT_S = 120.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# Never looked at, whatever else an interface hands out.
_SECRET = frozenset({"password"})


class Provider:
    """A student information system. Nothing is kept but the token; ``sleep`` and ``draw`` are a test's to replace."""

    def __init__(
        self,
        settings: RosterProvider,
        *,
        client: httpx.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/") + "/"
        self._client = client or httpx.Client(timeout=settings.timeout_s, follow_redirects=False)
        self._sleep = sleep
        self._draw = draw
        self._token = ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def rows(self, name: str, *_columns: str, since: datetime | None = None) -> Iterator[Row]:
        """The records of a collection as rows of the sheet ``name``; ``since``: only those modified after.

        A record that a page repeats, because others were added in front of it meanwhile, is given once. Raises
        `Unavailable` when the provider cannot be reached after several attempts, `Conflict` when it refuses.
        """
        part = name.removesuffix(".csv")
        number, before = 0, frozenset[str]()
        for page in self._pages(part, since):
            found = []
            for record in page:
                id_ = str(record.get("sourcedId", ""))
                found.append(id_)
                if id_ not in before:
                    number += 1
                    yield Row(f"GET {part}", number, cells_of(record))
            before = frozenset(found)

    def _pages(self, part: str, since: datetime | None) -> Iterator[list[dict[str, Any]]]:
        limit = self._settings.page
        query: dict[str, str | int] = {"limit": limit, "offset": 0}
        if self._settings.sort:
            query |= {"sort": "sourcedId", "orderBy": "asc"}
        if since is not None:
            query["filter"] = f"dateLastModified>'{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}'"
        url, seen, first = urljoin(self._base, part), 0, ""
        params: dict[str, str | int] | None = query
        while True:
            answer = self._get(url, params)
            page = _records(answer, part)
            if page and page[0].get("sourcedId") == first:
                raise Conflict(f"{part}: the provider gives the same page again and again; mend its paging")
            if page:
                yield page
            seen, first = seen + len(page), str(page[0].get("sourcedId")) if page else ""
            following = self._following(answer, page, seen)
            if following is None:
                return
            url, params = (following, None) if following else (url, {**query, "offset": seen})

    def _following(self, answer: httpx.Response, page: list[dict[str, Any]], seen: int) -> str | None:
        """The next page: its address by the Link header, empty to go on by offset, None at the end.

        A page shorter than asked for is no end: providers have limits of their own. An empty one is.
        """
        links = answer.links
        if "next" in links:
            url = urljoin(str(answer.url), links["next"]["url"])
            if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
                raise Conflict(f"the provider sends us on to {urlsplit(url).netloc}, which is not itself; not followed")
            return url
        total = answer.headers.get("x-total-count", "")
        if not page or links or (total.isdecimal() and seen >= int(total)):
            return None
        return ""

    def _get(self, url: str, params: Mapping[str, str | int] | None) -> httpx.Response:
        if not self._token:
            self._token = self._fetch_token()
        answer = self._patiently("GET", url, params=params, headers=self._bearer())
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token's time is over
            self._token = self._fetch_token()
            answer = self._patiently("GET", url, params=params, headers=self._bearer())
        _check(answer)
        return answer

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    def _fetch_token(self) -> str:
        """OAuth 2 client credentials (RFC 6749, 4.4), the client by HTTP Basic (2.3.1)."""
        form = {"grant_type": "client_credentials"}
        if self._settings.scope:
            form["scope"] = self._settings.scope
        login = (self._settings.client_id, self._settings.client_secret)
        answer = self._patiently("POST", self._settings.token_url, data=form, auth=login)
        _check(answer)
        token = _json(answer).get("access_token")
        if not isinstance(token, str) or not token:
            raise Conflict(f"{self._settings.token_url} gave no access_token; mend [roster.provider] token_url")
        return token

    def _patiently(self, method: str, url: str, **request: Any) -> httpx.Response:
        """Ask again, with a growing wait, while the provider is busy or away."""
        told, asked = "", ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(self._wait(attempt, asked))
            try:
                answer = self._client.request(method, url, **request)
            except httpx.TransportError as error:
                told, asked = type(error).__name__, ""
                continue
            if answer.status_code not in _AGAIN:
                return answer
            told, asked = f"status {answer.status_code}", answer.headers.get("retry-after", "")
        raise Unavailable("the roster provider", f"{method} {urlsplit(url).path}: {told} after {_ATTEMPTS} attempts")

    def _wait(self, attempt: int, asked: str) -> float:
        """As long as the provider asks for, or full jitter under a doubling ceiling."""
        return min(float(asked) if asked.isdecimal() else self._draw(0.5, 2.0**attempt), _LONGEST_WAIT_S)


class Since:
    """A `Source` of only what was modified after a moment."""

    def __init__(self, provider: Provider, since: datetime) -> None:
        self._provider = provider
        self._since = since

    def rows(self, name: str, *columns: str) -> Iterator[Row]:
        """The records modified since, as rows."""
        return self._provider.rows(name, *columns, since=self._since)


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    path = answer.request.url.path
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise Conflict(f"{path}: the provider refuses us ({answer.status_code}); check client_id, secret and scope")
    raise Conflict(f"{path}: the provider answers {answer.status_code}; check [roster.provider] url")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise Conflict(f"{answer.request.url.path}: the answer is no JSON object; check [roster.provider] url")
    return found


def _records(answer: httpx.Response, part: str) -> list[dict[str, Any]]:
    found = _json(answer).get(part)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Conflict(f"{answer.request.url.path}: the answer holds no list {part!r}")
    return found


def cells_of(record: Mapping[str, Any]) -> dict[str, str]:
    """A record as the cells of its CSV row: references become ``...SourcedId``, lists are joined by commas.

    The roles of 1.2 become the primary role and all their organisations.
    """
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name.lower() in _SECRET or value is None:
            continue
        if name == "roles" and isinstance(value, list):
            cells.update(_roles(value))
        elif isinstance(value, Mapping):
            cells.update(_nested(name, value))
        elif isinstance(value, list):
            many = all(isinstance(one, Mapping) for one in value) and bool(value)
            key = f"{name.removesuffix('s')}sourcedids" if many else name
            cells[key.lower()] = ",".join(_text(one.get("sourcedId") if many else one) for one in value)
        else:
            cells[name.lower()] = _text(value)
    return cells


def _nested(name: str, value: Mapping[str, Any]) -> dict[str, str]:
    if "sourcedId" in value:
        return {f"{name}sourcedid".lower(): _text(value["sourcedId"])}
    return {f"{name}.{key}".lower(): _text(one) for key, one in value.items() if isinstance(one, str | int | float)}


def _roles(roles: list[Any]) -> dict[str, str]:
    known = [one for one in roles if isinstance(one, Mapping)]
    first = next((one for one in known if one.get("roleType") == "primary"), known[0] if known else {})
    orgs = [_text(one["org"].get("sourcedId")) for one in known if isinstance(one.get("org"), Mapping)]
    return {"role": _text(first.get("role")), "orgsourcedids": ",".join(dict.fromkeys(orgs))}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip().replace("\0", "")
