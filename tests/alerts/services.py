"""Services on real sockets that behave as the real ones do: group bots, an SMS gateway, a mail server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from campus.clock import VirtualClock, to_ms


class Service:
    """Answers POST requests with `answer`: a status and a JSON body."""

    def __init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, said = service.answer(
                    self.path, {name.title(): value for name, value in self.headers.items()}, body
                )
                data = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        raise NotImplementedError

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class BotService(Service):
    """DingTalk, WeCom or Feishu: HTTP 200 whatever happens; signature, quota and size are held to as documented."""

    def __init__(self, kind: str, secret: str, clock: VirtualClock) -> None:
        self.kind, self.secret, self.clock = kind, secret, clock
        self.texts: list[str] = []
        self.requests = 0
        self.gone = False
        self._moments: list[float] = []
        super().__init__()

    @property
    def address(self) -> str:
        paths = {
            "dingtalk": "/robot/send?access_token=abc", "wecom": "/cgi-bin/webhook/send?key=abc", "feishu": "/hook/abc"
        }  # fmt: skip
        return self.url + paths[self.kind]

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        self.requests += 1
        said = json.loads(body)
        code, why = self._judge(path, said, len(body))
        if code == 0:
            self.texts.append(said["content"]["text"] if self.kind == "feishu" else said["text"]["content"])
        return 200, {"code": code, "msg": why} if self.kind == "feishu" else {"errcode": code, "errmsg": why}

    def _judge(self, path: str, said: dict[str, Any], size: int) -> tuple[int, str]:
        if self.gone:
            return {"dingtalk": 300001, "wecom": 93000, "feishu": 19001}[self.kind], "no such robot"
        if not self._signed(path, said):
            return {"dingtalk": 310000, "feishu": 19021}[self.kind], "sign not match"
        now = self.clock.now().timestamp()
        self._moments = [one for one in self._moments if one > now - 60]
        if len(self._moments) >= {"dingtalk": 20, "wecom": 20, "feishu": 100}[self.kind]:
            return {"dingtalk": 130101, "wecom": 45009, "feishu": 11232}[self.kind], "send too fast"
        self._moments.append(now)
        text = said["content"]["text"] if self.kind == "feishu" else said["text"]["content"]
        if size > 20_000 or (self.kind == "wecom" and len(text.encode()) > 2048):
            return {"dingtalk": 460101, "wecom": 40058, "feishu": 9499}[self.kind], "too long"
        return 0, "ok"

    def _signed(self, path: str, said: dict[str, Any]) -> bool:
        if not self.secret or self.kind == "wecom":
            return True
        if self.kind == "dingtalk":
            query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
            stamp = query.get("timestamp", "0")
            digest = hmac.new(self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256).digest()
            fresh = abs(int(stamp) - to_ms(self.clock.now())) < 3_600_000
            return fresh and "access_token" in query and query.get("sign") == base64.b64encode(digest).decode()
        stamp = said.get("timestamp", "0")
        digest = hmac.new(f"{stamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
        fresh = abs(int(stamp) * 1000 - to_ms(self.clock.now())) < 3_600_000
        return fresh and said.get("sign") == base64.b64encode(digest).decode()


class SmsGateway(Service):
    """A gateway with its own result code; ``refuse`` numbers, fail with 503 while ``down``."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.refuse: set[str] = set()
        self.down = False
        super().__init__()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        self.headers.append(headers)
        if self.down:
            return 503, {}
        form = "urlencoded" in headers.get("Content-Type", "")
        said = {k: v[0] for k, v in parse_qs(body.decode()).items()} if form else json.loads(body)
        if said["mobile"] in self.refuse:
            return 200, {"result": "1016", "desc": "number refused"}
        self.sent.append((said["mobile"], said["content"]))
        return 200, {"result": "0", "desc": "ok"}


class MailServer:
    """SMTP as RFC 5321 has it, without TLS; ``answer`` is what it says after the text or to an address."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []
        self.refuse: dict[str, int] = {}
        self.after_data = 250
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 mail.test ESMTP")
                to: list[str] = []
                while line := self.rfile.readline():
                    word, _, rest = line.decode().strip().partition(" ")
                    match word.upper():
                        case "DATA":
                            self.say("354 go on")
                            lines: list[str] = []
                            while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                                lines.append(text)
                            if outer.after_data == 250:
                                outer.mails.append((to, "\n".join(lines)))
                            self.say(f"{outer.after_data} said")
                        case "RCPT":
                            address = rest.split("<")[1].split(">")[0]
                            code = outer.refuse.get(address, 250)
                            to += [address] if code == 250 else []
                            self.say(f"{code} {address}")
                        case "QUIT":
                            self.say("221 bye")
                            return
                        case _:
                            self.say("250 ok")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
