"""A third-party application, as it speaks to the provider: what it sends, and what it makes of the answers."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from ....timing import settle_s
from ..visitor import Page, Room, Visitor

BACK = "https://app.example.org/signed-in?from=dragoman"
WITHIN_S = 1.0
_numbers = itertools.count(1)


@dataclass
class App:
    """An application with its id, and perhaps a secret."""

    room: Room
    id: str
    owner: str
    secret: str = ""
    back: str = BACK
    authorize_at: str = "/oauth/authorize"
    token_at: str = "/oauth/token"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The S256 of the verifier (RFC 7636, section 4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def asks(self, **more: str | None) -> str:
        """Where it sends a browser to; a parameter of None is left out."""
        known = {"client_id": self.id, "response_type": "code", "redirect_uri": self.back, "scope": "account inventories",
                 "state": "s&=?/é", "code_challenge": self.challenge, "code_challenge_method": "S256", **more}
        return f"{self.authorize_at}?" + urlencode({name: text for name, text in known.items() if text is not None})

    def consent(self, visitor: Visitor, answer: str = "allow", **more: str | None) -> dict[str, str]:
        """Let somebody answer the page; what came back to the application."""
        page = visitor.get(self.asks(**more))
        assert page.status == 200, page.text
        return told(visitor.send(page, button=("answer", answer), follow_redirects=False))

    def code(self, visitor: Visitor, **more: str | None) -> str:
        """A code that somebody gave."""
        return self.consent(visitor, **more)["code"]

    def exchange(self, code: str, **more: str | None) -> httpx.Response:
        """Ask for tokens."""
        known: dict[str, str | None] = {"code": code, "redirect_uri": self.back, "code_verifier": self.verifier}
        return self.post(self.token_at, **({"grant_type": "authorization_code"} | known | more))

    def refresh(self, token: str, **more: str | None) -> httpx.Response:
        """Ask for the next tokens."""
        return self.post(self.token_at, grant_type="refresh_token", refresh_token=token, **more)

    def post(self, path: str, **fields: str | None) -> httpx.Response:
        """Ask an endpoint, with id and secret in the body."""
        known = {"client_id": self.id, "client_secret": self.secret or None, **fields}
        return httpx.post(self.room.url + path, data={name: text for name, text in known.items() if text is not None}, timeout=60)

    def sign_in(self, visitor: Visitor, **more: str | None) -> dict[str, Any]:
        """The tokens that come of a whole sign-in."""
        answer = self.exchange(self.code(visitor, **more))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def call(self, token: str) -> httpx.Response:
        """Call the API."""
        return httpx.get(self.room.url + "/v2/tokeninfo", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def wait_for(self, token: str, status: int) -> float:
        """For how many seconds the API still answers a token otherwise."""
        return settle_s(lambda: self.call(token).status_code == status)


def register(room: Room, *, type: str = "standalone", back: str = BACK, secret: bool = False) -> App:
    """A new application of an owner of its own."""
    owner = room.person("owner")
    made = room.run("application", "add", f"Ball Finder {next(_numbers)}", "--owner", owner, "--type", type, "--redirect", back)
    app = App(room, made["application_id"], owner, back=back)
    if secret:
        app.secret = room.run("application", "secret", app.id)["secret"]
    return app


def told(page: Page) -> dict[str, str]:
    """What a redirect tells an application."""
    assert page.status == 303, f"{page.status}: {page.text}"
    location = page.response.headers["location"]
    return {name: values[-1] for name, values in parse_qs(urlsplit(location).query, keep_blank_values=True).items()}
