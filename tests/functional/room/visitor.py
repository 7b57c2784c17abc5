"""Visitors of a Room: a browser without a window, that keeps cookies, follows redirects and fills forms as they stand."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Self
from urllib.parse import urljoin

import httpx
from lxml import html

from ...conftest import Server

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


@dataclass
class Page:
    """An answer with its forms."""

    response: httpx.Response
    tree: Any = field(repr=False)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        """Where the visitor ended, with its query."""
        return self.response.url.raw_path.decode()

    @property
    def text(self) -> str:
        """What a person reads, with plain spaces."""
        return " ".join(self.tree.text_content().split())

    @property
    def title(self) -> str:
        """The main heading."""
        return " ".join(self.tree.xpath("string(//h1[1])").split())

    def form(self, *names: str, action: str | None = None) -> Any:
        """The first form with fields (or buttons) of these names, that goes to this address; the page's own come first."""
        for form in [*self.tree.xpath("//main//form"), *self.tree.forms]:
            known = {each.get("name") for each in form.iter("input", "select", "textarea", "button")}
            if set(names) <= known and (action is None or (form.get("action") or "") == action):
                return form
        raise AssertionError(f"{self.response.url} has no form with {names} to {action}:\n{self.text[:2000]}")


class Visitor:
    """One browser: cookies of its own, and pages of one Room."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = httpx.Client(base_url=url, timeout=60, **{"follow_redirects": True, **options})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @property
    def origin(self) -> str:
        """The Room's scheme, host and port."""
        return str(self.client.base_url).rstrip("/")

    def get(self, path: str, **options: Any) -> Page:
        """Open a page."""
        return read(self.client.get(path, **options))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Page:
        """Send a form that no page gave."""
        return read(self.client.post(path, data=data or {}, **options))

    def send(self, page: Page, fields: dict[str, Any] | None = None, *, action: str | None = None,
             button: tuple[str, str] | None = None, **options: Any) -> Page:
        """Fill a form of a page and send it, with what stands in it already and its hidden fields."""
        fields = fields or {}
        form = page.form(*fields, *([button[0]] if button else []), action=action)
        data: dict[str, Any] = {}
        for name, value in form.form_values():
            data.setdefault(name, []).append(value)
        data |= dict([button]) if button else {}
        data |= fields
        data = {name: value for name, value in data.items() if value is not None}
        target = urljoin(str(page.response.url), form.get("action") or "")
        headers = {"origin": self.origin, "referer": str(page.response.url)}
        if form.method == "GET":
            return read(self.client.get(target, params=data, **options))
        return read(self.client.post(target, data=data, headers=headers, **options))

    def fill(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> Page:
        """Open a page and send its form."""
        return self.send(self.get(path), fields, **options)

    def sign_in(self, name: str, password: str = PASSWORD) -> Page:
        """Sign in by name and password."""
        return self.fill("/accounts/login/", {"login": name, "password": password})

    @property
    def inside(self) -> bool:
        """Whether the Room knows who this is."""
        return self.get("/room/account/").path == "/room/account/"

    @property
    def session(self) -> str | None:
        """The session's cookie."""
        return next((cookie.value for cookie in self.client.cookies.jar if cookie.name.endswith("dragoman-session")), None)


def read(response: httpx.Response) -> Page:
    """An answer as a page."""
    return Page(response, html.fromstring(response.text or "<html></html>"))


@dataclass
class Room:
    """A server with its Room, as visitors and its operator see it."""

    server: Server

    @property
    def url(self) -> str:
        return self.server.url

    def visitor(self, **options: Any) -> Visitor:
        """A new browser: use it in a `with`."""
        return Visitor(self.url, **options)

    def run(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Run a command that must work; what it told in JSON: `run("account", "add", "alice")`."""
        return self.server.prepare(*arguments, stdin=stdin)

    def fail(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that must be refused; why it was."""
        status, told, errors = self.server.command(*arguments, "--json", stdin=stdin)
        assert status == 1, told
        assert "Traceback" not in errors
        error: str = json.loads(told)["error"]
        return error

    def person(self, name: str = "alice", *options: str, password: str = PASSWORD) -> str:
        """An account of its own with a verified address NAME@example.org and the usual password; its name."""
        name = f"{name}-{next(_numbers)}"
        self.server.prepare("account", "add", name, "--email", f"{name}@example.org", "--password-stdin", *options,
                            stdin=password + "\n")
        return name

    def signed_in(self, name: str, password: str = PASSWORD) -> Visitor:
        """A browser in which somebody has signed in: use it in a `with`."""
        visitor = self.visitor()
        page = visitor.sign_in(name, password)
        if "/accounts/login/" in page.path:
            visitor.client.close()
            raise AssertionError(page.text)
        return visitor

    def letters(self, to: str = "") -> list[EmailMessage]:
        """The letters that were written so far, oldest first, perhaps to one address alone."""
        files = sorted((self.server.folder / "data" / "mail").glob("*.log"), key=lambda each: each.stat().st_mtime_ns)
        texts = [text for file in files for text in re.split(rb"\n-{79}\n", file.read_bytes()) if text.strip()]
        found = [email.message_from_bytes(text.lstrip(b"\n"), policy=email.policy.default) for text in texts]
        return [letter for letter in found if to in str(letter["To"])]

    def letter(self, to: str, within_s: float = 10.0) -> str:
        """The text of the newest letter to an address."""
        ends = time.monotonic() + within_s
        while not (letters := self.letters(to)) and time.monotonic() < ends:
            time.sleep(0.05)
        assert letters, f"no letter to {to}"
        return str(letters[-1].get_content())


def link_in(text: str) -> str:
    """The first address in a letter."""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found[0]


def confirmed(visitor: Visitor, page: Page) -> Page:
    """Go on where a password is asked for again."""
    return visitor.send(page, {"password": PASSWORD}) if "/reauthenticate/" in page.path else page
