"""A student information system that speaks OneRoster over REST on a real socket, with bad days on demand."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Record = dict[str, Any]
SECRET = "s3cret-of-the-client"


def ref(id_: str) -> Record:
    return {"href": f"https://sis.example/{id_}", "sourcedId": id_, "type": "any"}


def person(id_: str, role: str, org: str, at: str, **more: Any) -> Record:
    return {"sourcedId": id_, "status": "active", "dateLastModified": at, "enabledUser": "true", "role": role,
            "orgs": [ref(org)], "username": id_, "givenName": id_, "familyName": "王", "password": "Secret#1",
            **more}  # fmt: skip


def school(students: int, at: str = "2026-09-01T00:00:00.000Z", version: str = "1.1") -> dict[str, list[Record]]:
    """A school of one class in the words of 1.1 or 1.2, everything modified at ``at``."""
    users = [person(f"k{n:03}", "student", "north", at, agents=[ref("g1")], grades=["07"]) for n in range(students)]
    users += [person("w1", "teacher", "north", at), person("g1", "parent", "north", at, sms="13700000001")]
    if version == "1.2":
        for one in users:
            role, orgs = one.pop("role"), one.pop("orgs")
            one["roles"] = [{"roleType": "secondary", "role": "aide", "org": orgs[0]},
                            {"roleType": "primary", "role": role, "org": orgs[0]}]  # fmt: skip
    common = {"status": "active", "dateLastModified": at}
    places = [{**common, "sourcedId": f"e{n}", "class": ref("n-1"), "user": ref(one["sourcedId"]), "primary": "true",
               "role": "student" if one["sourcedId"].startswith("k") else "teacher", "beginDate": "2026-09-01"}
              for n, one in enumerate(users) if one["sourcedId"] != "g1"]  # fmt: skip
    return {
        "orgs": [{**common, "sourcedId": "bureau", "name": "局", "type": "district"},
                 {**common, "sourcedId": "north", "name": "北校", "type": "school", "parent": ref("bureau")}],
        "academicSessions": [{**common, "sourcedId": "t1", "title": "第一学期", "type": "term",
                              "startDate": "2026-09-01", "endDate": "2027-01-22", "schoolYear": "2027"}],
        "classes": [{**common, "sourcedId": "n-1", "title": "七1班", "classType": "homeroom", "grades": ["07"],
                     "school": ref("north"), "terms": [ref("t1")], "location": "a-1"}],
        "users": users,
        "enrollments": places,
    }  # fmt: skip


class Sis:
    """What the provider holds and how it behaves. ``troubles`` are answered first, one a request."""

    def __init__(self, records: dict[str, list[Record]]) -> None:
        self.records = records
        self.paging = "link"  # link | total | neither
        self.most = 7  # records to a page, whatever was asked for
        self.troubles: list[tuple[int, dict[str, str]]] = []
        self.asked: list[str] = []
        self.tokens = 0
        self.token_lasts = 10_000  # requests
        self.next_host = ""
        self._used = 0

    def answer(self, target: str, token: str) -> tuple[int, dict[str, str], object]:
        url = urlsplit(target)
        self.asked.append(target)
        if self.troubles:
            status, headers = self.troubles.pop(0)
            return status, headers, {"error": "busy"}
        self._used += 1
        if token != f"token-{self.tokens}" or self._used > self.token_lasts:
            return 401, {}, {"error": "expired"}
        part = url.path.rpartition("/")[2]
        if part not in self.records:
            return 404, {}, {"error": "unknown"}
        return self._page(part, {name: values[0] for name, values in parse_qs(url.query).items()})

    def _page(self, part: str, query: dict[str, str]) -> tuple[int, dict[str, str], object]:
        found = self.records[part]
        if "filter" in query:
            after = query["filter"].removeprefix("dateLastModified>").strip("'")
            found = [one for one in found if one["dateLastModified"] > after]
        first, limit = int(query.get("offset", 0)), min(int(query["limit"]), self.most)
        headers = {}
        if self.paging == "total":
            headers["X-Total-Count"] = str(len(found))
        if self.paging == "link":
            kept = f"&filter={query['filter']}".replace(">", "%3E") if "filter" in query else ""
            more = (
                f'<{self.next_host}/ims/oneroster/v1p1/{part}?limit={limit}&offset={first + limit}{kept}>; rel="next"'
            )
            headers["Link"] = more if first + limit < len(found) else '<x>; rel="first"'
        return 200, headers, {part: found[first : first + limit]}

    def new_token(self, form: str, login: str) -> tuple[int, dict[str, str], object]:
        right = base64.b64encode(f"campus:{SECRET}".encode()).decode()
        if login != f"Basic {right}" or parse_qs(form).get("grant_type") != ["client_credentials"]:
            return 401, {}, {"error": "invalid_client"}
        self.tokens, self._used = self.tokens + 1, 0
        return 200, {}, {"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": 3600}


@contextmanager
def serving(sis: Sis) -> Iterator[str]:
    """The provider on a port of its own; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.tell(*sis.answer(self.path, self.headers.get("Authorization", "").removeprefix("Bearer ")))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.tell(*sis.new_token(form, self.headers.get("Authorization", "")))

        def tell(self, status: int, headers: dict[str, str], body: object) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
