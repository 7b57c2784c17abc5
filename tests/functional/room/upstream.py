"""A small provider of accounts: OpenID Connect with signed id tokens, and plain OAuth 2, over real HTTP; it can misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "room", "upstream-secret"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
STRANGER = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class Provider:
    """Who signs in next, and what goes wrong: change `person` and `fault`."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.fault = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self, b"")

            def do_POST(self) -> None:
                outer.answer(self, self.rfile.read(int(self.headers.get("content-length", "0"))))

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        name = url.path.strip("/").rpartition("/")[2].replace("-", "_")
        form = dict(urllib.parse.parse_qsl(body.decode()))
        bearer = handler.headers.get("authorization", "").removeprefix("Bearer ")
        status, told = getattr(self, name)(query=query, form=form, bearer=bearer)
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        handler.send_response(status)
        if status == 302:
            handler.send_header("location", content.decode())
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def openid_configuration(self, **_: Any) -> tuple[int, Any]:
        if self.fault == "discovery-nonsense":
            return 200, b"<html>"
        return 200, {
            "issuer": "https://other.example" if self.fault == "issuer" else self.url,
            "authorization_endpoint": "javascript:alert(1)" if self.fault == "scheme" else self.url + "/authorize",
            "token_endpoint": self.url + "/token", "userinfo_endpoint": self.url + "/userinfo", "jwks_uri": self.url + "/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, query: dict[str, str], **_: Any) -> tuple[int, Any]:
        """The person says yes, at once."""
        back = {"state": query["state"]}
        if self.fault == "denied":
            back["error"] = "access_denied"
        elif self.fault == "failed":
            back["error"] = "server_error"
        else:
            back["code"] = f"code-{len(self.codes)}"
            self.codes[back["code"]] = query
        return 302, f"{query['redirect_uri']}?{urllib.parse.urlencode(back)}".encode()

    def token(self, form: dict[str, str], **_: Any) -> tuple[int, Any]:
        if self.fault in ("token-nonsense", "token-list", "token-500"):
            return (500, b"!") if self.fault == "token-500" else (200, b"nonsense" if self.fault == "token-nonsense" else [1, 2])
        if self.fault == "slow":
            time.sleep(8)
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return 400, {"error": "invalid_grant"}
        if asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        token = f"access-{time.monotonic_ns()}"
        self.tokens[token] = dict(self.person)
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": self.id_token()}

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, **self.person}
        claims |= {"audience": {"aud": "another"}, "expired": {"exp": now - 600}}.get(self.fault, {})
        if self.fault == "unsigned":
            return jwt.encode(claims, None, algorithm="none")
        if self.fault == "symmetric":
            return jwt.encode(claims, CLIENT_SECRET * 3, algorithm="HS256", headers={"kid": "1"})
        return jwt.encode(claims, STRANGER if self.fault == "forged" else KEY, algorithm="RS256", headers={"kid": "1"})

    def userinfo(self, bearer: str, **_: Any) -> tuple[int, Any]:
        if self.fault == "profile-nonsense":
            return 200, b'"text"'
        if self.fault == "profile-huge":
            return 200, b'{"a": "' + b"x" * 3_000_000 + b'"}'
        return 200, {**self.tokens[bearer], **({"sub": "somebody else"} if self.fault == "other-profile" else {})}

    def jwks(self, **_: Any) -> tuple[int, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return 200, {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}
