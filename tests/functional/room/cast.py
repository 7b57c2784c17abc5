"""The people of these tests, signed in: Alice owns, Bob works with her, Charlie is a stranger."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from .visitor import Page, Room, Visitor

HIDDEN = re.compile(r'(csrfmiddlewaretoken" value|name="next" value)="[^"]*"|<code>[0-9A-Za-z-]{8,}</code>')
"""What differs in every answer, or repeats what was asked: tokens, the way back, the id of the request."""


@dataclass
class Person:
    """Somebody, and their browser."""

    name: str
    visitor: Visitor

    def get(self, path: str, **options: Any) -> Page:
        return self.visitor.get(path, **options)

    def post(self, path: str, fields: dict[str, Any] | None = None, page: str = "/room/applications/") -> Page:
        """Send a form with the token of a page of theirs; redirects are not followed."""
        token = self.get(page).tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
        data = {"csrfmiddlewaretoken": token, **(fields or {})}
        return self.visitor.post(path, data, headers={"origin": str(self.visitor.client.base_url).rstrip("/")}, follow_redirects=False)

    def add(self, name: str = "Rocket", type: str = "standalone", addresses: str = "") -> str:
        """Register an application; its id."""
        page = self.visitor.fill("/room/applications/add/", {"name": name, "type": type, "addresses": addresses})
        assert page.path == "/room/applications/", page.text
        return str(page.tree.xpath("//a[normalize-space()=$name]/@href", name=name)[0]).split("/")[-2]

    def invite(self, application: str, other: Person, role: str) -> None:
        """Have somebody work on an application of theirs, who accepts."""
        sent = self.post(f"/room/applications/{application}/invite/", {"addressee": other.name, "role": role})
        assert sent.status == 303, sent.text
        other.accept(self.get(f"/room/applications/{application}/").title)

    def invited(self, name: str) -> str:
        """Where the invitation to an application of a name is answered."""
        page = self.get("/room/applications/")
        (action,) = page.tree.xpath("//section[.//strong[.=$name]]/form[contains(@action, '/invitations/')]/@action", name=name)
        return str(action)

    def accept(self, name: str) -> Page:
        """Accept what is offered."""
        action = self.invited(name)
        return self.visitor.send(self.get("/room/applications/"), action=action, button=("accept", "1"))


@dataclass
class Cast:
    """Everybody, in one Room."""

    room: Room
    alice: Person
    bob: Person
    charlie: Person


def gather(room: Room, stack: ExitStack) -> Cast:
    """Open accounts and sign in."""
    people = [room.person(name) for name in ("alice", "bob", "charlie")]
    return Cast(room, *(Person(name, stack.enter_context(room.signed_in(name))) for name in people))


def plain(page: Page) -> str:
    """A page without what differs in every answer."""
    return HIDDEN.sub("", page.response.text)
