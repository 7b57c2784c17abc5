"""Every address of applications and keys, by everybody: what is another's is as good as missing, byte for byte."""

from __future__ import annotations

import uuid
from pathlib import Path

import httpx
import pytest

from .cast import Cast, Person, plain

MATRIX = Path(__file__).parent / "matrix.txt"
MISSING = {"ID": "0" * 32, "SECRET": str(uuid.UUID(int=1)), "MEMBER": "999999", "INVITATION": "999999", "KEY": str(uuid.UUID(int=2))}
ROWS = [line.split() for line in MATRIX.read_text().splitlines() if line and not line.startswith("#")]


def things(cast: Cast) -> dict[str, str]:
    """An application of Alice's that Bob manages, with all that hangs on one; a key of Alice's."""
    id = cast.alice.add("Matrix")
    path = f"/room/applications/{id}/"
    cast.alice.invite(id, cast.bob, "manager")
    cast.alice.visitor.send(cast.alice.get(path), action=f"{path}secrets/")
    cast.alice.post(f"{path}invite/", {"addressee": "nobody-yet", "role": "viewer"})
    page = cast.alice.get(path)

    def part(what: str) -> str:
        return str(page.tree.xpath("//form[contains(@action, $what)]/@action", what=f"/{what}/")[-1]).split("/")[-2]

    cast.alice.visitor.fill("/room/keys/add/gw2/", {"name": "Matrix", "permissions": ["account"]})
    key = cast.alice.get("/room/keys/").tree.xpath("//a[contains(@href, '/revoke/')]/@href")[0].split("/")[-3]
    members = [str(each).split("/")[-2] for each in page.tree.xpath("//form[contains(@action, '/members/')]/@action")]
    secret = next(str(each).split("/")[-2] for each in page.tree.xpath("//form[.//select[@name='within']]/@action"))
    return {"ID": id, "SECRET": secret, "MEMBER": members[0], "INVITATION": part("invitations"), "KEY": key}


def asked(who: Person | None, cast: Cast, verb: str, path: str) -> tuple[str, str]:
    """The status of an answer, or where it leads, and the page without what differs in every answer."""
    if who is None:
        with httpx.Client(base_url=cast.room.url) as client:
            client.get("/accounts/login/")
            token = client.cookies.get("dragoman-csrf", "")
            answer = client.request(verb, path, data={"csrfmiddlewaretoken": token} if verb == "POST" else None)
        return told(answer), answer.text
    page = who.post(path, page="/room/keys/") if verb == "POST" else who.visitor.get(path, follow_redirects=False)
    return told(page.response), plain(page)


def told(answer: httpx.Response) -> str:
    location = answer.headers.get("location", "")
    return "sign-in" if location.startswith("/accounts/login/") else str(answer.status_code)


@pytest.fixture(scope="module")
def kept(cast: Cast) -> dict[str, str]:
    """Things for rows that change none."""
    return things(cast)


@pytest.mark.parametrize(("verb", "path", "nobody", "charlie", "bob", "alice"), ROWS, ids=[" ".join(row[:2]) for row in ROWS])
def test_everybody_gets_what_the_matrix_says(
    cast: Cast, kept: dict[str, str], verb: str, path: str, nobody: str, charlie: str, bob: str, alice: str,
) -> None:
    """And a stranger gets for what there is exactly what there is for what there is not."""
    there = things(cast) if "303" in (bob, alice) else kept
    real, missing = path.format(**there), path.format(**MISSING)
    got = [asked(who, cast, verb, real) for who in (None, cast.charlie, cast.bob, cast.alice)]
    assert [status for status, _ in got] == [nobody, charlie, bob, alice]
    if real != missing:
        assert got[1] == asked(cast.charlie, cast, verb, missing)
        assert got[0][0] == asked(None, cast, verb, missing)[0]
