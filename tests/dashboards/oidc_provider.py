"""A small real OpenID Connect provider on a socket, with its own RSA key, that can lie in each way that matters."""

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from campus.clock import Clock
from dashboards.access.provider import challenge

CLIENT, SECRET = "campus-console", "s3cret/with:signs"


class OidcProvider:
    """Answers discovery, keys and the token endpoint; `approve` stands for the person at its own sign-in page."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.published = self.key
        self.lies: dict[str, Any] = {}  # claims that are not what they should be; None leaves one out
        self.down = ""  # a path that answers 503
        self.codes: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, {name: found[0] for name, found in parse_qs(raw).items()})

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, to: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        path = urlsplit(to.path).path
        self.asked.append(path)
        ways: dict[str, Callable[[], tuple[int, object]]] = {
            "/.well-known/openid-configuration": lambda: (200, self.document()),
            "/keys": lambda: (200, {"keys": [self.published.as_dict(private=False, use="sig", alg="RS256")]}),
            "/token": lambda: self.token(form, to.headers.get("Authorization", "")),
        }
        status, said = (503, {}) if path == self.down else ways.get(path, lambda: (404, {}))()
        body = json.dumps(said).encode()
        to.send_response(status)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def document(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def approve(self, address: str, **claims: Any) -> str:
        """The person signs in at ``address``; the code that the browser is sent back with."""
        asked = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**asked, "claims": claims, "used": False}
        return code

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, object]:
        """RFC 6749 4.1.3 with PKCE: the code is good once, for its client, its address and its verifier."""
        found = self.codes.get(form.get("code", ""))
        wanted = "Basic " + base64.b64encode(f"{CLIENT}:s3cret%2Fwith%3Asigns".encode()).decode()
        if authorization != wanted:
            return 401, {"error": "invalid_client"}
        if found is None or found["used"] or challenge(form["code_verifier"]) != found["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != found["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        found["used"] = True
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(found)}

    def signed(self, found: dict[str, Any]) -> str:
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": found["nonce"], "iat": now, "exp": now + 300}
        claims |= found["claims"] | self.lies
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, kept, self.key, algorithms=["RS256"])
