"""Who works on an application: each role with each act, invitations that tell nothing, handing over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from .cast import Cast, Person, gather, plain
from .visitor import Room

MAY = {
    "owner": {"see", "rename", "addresses", "redirects", "secrets", "members", "transfer", "delete"},
    "manager": {"see", "rename", "addresses", "redirects", "secrets", "members"},
    "developer": {"see", "rename", "addresses", "redirects"},
    "viewer": {"see"},
}
"""Written out once more, so that no slip in the table of the code goes unseen."""
ACTS = {
    "see": ("GET", "", {}), "rename": ("POST", "name/", {"name": "Other"}), "addresses": ("POST", "addresses/", {"addresses": "192.0.2.1"}),
    "redirects": ("POST", "redirects/", {"redirects": "https://example.org/"}), "secrets": ("POST", "secrets/", {}),
    "members": ("POST", "invite/", {"addressee": "zoe", "role": "viewer"}), "transfer": ("POST", "transfer/", {"addressee": "zoe"}),
    "delete": ("POST", "delete/", {"typed": "wrong"}),
}
SHOWN = {"rename": "name/", "addresses": "addresses/", "redirects": "redirects/", "secrets": "secrets/", "members": "invite/",
         "transfer": "transfer/", "delete": "delete/"}


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_do_what_the_table_says_and_is_shown_no_more(cast: Cast, role: str) -> None:
    """403 for what a role does not allow; the page offers exactly what is allowed."""
    id = cast.alice.add(f"Roles of a {role}", "server")
    if role != "owner":
        cast.alice.invite(id, cast.bob, role)
    who = cast.alice if role == "owner" else cast.bob
    page = who.get(f"/room/applications/{id}/")
    offered = {str(each).removeprefix(f"/room/applications/{id}/") for each in page.tree.xpath("//main//@action | //main//a/@href")}
    for act, (verb, path, fields) in ACTS.items():
        full = f"/room/applications/{id}/{path}"
        status = who.get(full).status if verb == "GET" else who.post(full, fields).status
        assert (status != 403) is (act in MAY[role]), (act, status)
        assert status in (200, 303, 422, 403), (act, status)
        assert act not in SHOWN or (SHOWN[act] in offered) is (act in MAY[role]), act


def test_an_invitation_does_not_tell_whether_there_is_such_an_account(cast: Cast) -> None:
    """By name or by address, of somebody, of nobody, of a member: the same words, and the list shows what was written."""
    id = cast.alice.add("Silent")
    cast.alice.invite(id, cast.bob, "viewer")
    told = []
    for addressee in (cast.charlie.name, "nobody-at-all", f"{cast.charlie.name}@example.org", "nobody@example.org",
                      f"{cast.bob.name}@example.org", f"{cast.alice.name}@example.org"):
        sent = cast.alice.post(f"/room/applications/{id}/invite/", {"addressee": addressee, "role": "developer"})
        page = cast.alice.get(f"/room/applications/{id}/")
        row = page.tree.xpath("//tr[th[normalize-space()=$name]]", name=addressee)
        told.append((sent.status, sent.response.headers["location"], " ".join(row[0].text_content().replace(addressee, "").split())))
    assert len(set(told)) == 1
    assert "is a member already" in cast.alice.post(f"/room/applications/{id}/invite/", {
        "addressee": cast.bob.name, "role": "viewer"}).text
    assert "owns the application" in cast.alice.post(f"/room/applications/{id}/invite/", {
        "addressee": cast.alice.name, "role": "viewer"}).text


def test_who_is_invited_accepts_or_declines_and_nobody_else_can(cast: Cast) -> None:
    """A declined invitation, or a withdrawn one, is over; another's is as good as missing."""
    id = cast.alice.add("Invited")
    path = f"/room/applications/{id}/"
    for button in ("decline", "accept"):
        cast.alice.post(f"{path}invite/", {"addressee": f"{cast.bob.name}@EXAMPLE.org", "role": "developer"})
        page = cast.bob.get("/room/applications/")
        assert f"{cast.alice.name} invites you to work on Invited as its developer" in page.text
        action = cast.bob.invited("Invited")
        stranger, missing = cast.charlie.post(action, {"accept": "1"}), cast.charlie.post("/room/applications/invitations/999999/")
        assert (stranger.status, plain(stranger)) == (404, plain(missing))
        assert cast.alice.post(action, {"accept": "1"}).status == 404
        assert cast.bob.get(path).status == 404
        cast.bob.visitor.send(page, action=action, button=(button, "1"))
        assert cast.bob.post(action, {"accept": "1"}).status == 404
        assert cast.bob.get(path).status == (200 if button == "accept" else 404)
    cast.alice.post(f"{path}invite/", {"addressee": cast.charlie.name, "role": "viewer"})
    withdraw = cast.alice.get(path).tree.xpath("//form[contains(@action, '/invitations/')]/@action")[0]
    offered = cast.charlie.invited("Invited")
    cast.alice.post(withdraw)
    assert cast.charlie.post(offered, {"accept": "1"}).status == 404


def test_roles_change_members_part_and_leave(cast: Cast) -> None:
    """At once; nobody becomes the owner that way, and an owner cannot leave."""
    id = cast.alice.add("Changing")
    path = f"/room/applications/{id}/"
    cast.alice.invite(id, cast.bob, "viewer")
    member = cast.alice.get(path).tree.xpath("//form[contains(@action, '/members/')]/@action")[0]
    for role, status in (("owner", 404), ("pirate", 404), ("manager", 200)):
        cast.alice.post(member, {"role": role})
        assert cast.bob.post(f"{path}invite/", {"addressee": "zoe", "role": "viewer"}).status == (303 if status == 200 else 403)
    assert cast.bob.post(member, {"role": "viewer"}).status == 303
    assert cast.bob.post(f"{path}secrets/").status == 403
    cast.alice.post(member, {"remove": "1"})
    assert cast.bob.get(path).status == 404
    cast.alice.invite(id, cast.bob, "viewer")
    assert "do not work on “Changing” any more" in cast.bob.visitor.send(cast.bob.get(path), action=f"{path}leave/").text
    assert cast.bob.get(path).status == 404
    cast.alice.post(f"{path}leave/")
    assert "An owner cannot leave" in cast.alice.get(path).text


def test_an_invitation_ends_with_the_right_to_invite(cast: Cast) -> None:
    """Who was a manager then and is not now has invited nobody."""
    id = cast.alice.add("Revoked rights")
    path = f"/room/applications/{id}/"
    cast.alice.invite(id, cast.bob, "manager")
    cast.bob.post(f"{path}invite/", {"addressee": cast.charlie.name, "role": "manager"})
    cast.alice.post(cast.alice.get(path).tree.xpath("//form[contains(@action, '/members/')]/@action")[0], {"remove": "1"})
    assert "not good any more" in cast.charlie.accept("Revoked rights").text
    assert cast.charlie.get(path).status == 404


def test_an_application_is_handed_over_once_the_other_accepts(cast: Cast) -> None:
    """Until then nothing changes; afterwards the former owner manages, and only the newest offer counts."""
    id = cast.alice.add("Heirloom")
    path = f"/room/applications/{id}/"
    for heir in (cast.charlie, cast.bob):
        offered = cast.alice.visitor.fill(f"{path}transfer/", {"addressee": heir.name})
        assert "stays yours" in offered.text
        assert cast.alice.get(f"{path}delete/").status == 200
    assert "Heirloom" not in cast.charlie.get("/room/applications/").text
    assert "offers you the application Heirloom" in cast.bob.get("/room/applications/").text
    assert cast.bob.accept("Heirloom").title == "Heirloom"
    assert [cast.alice.get(f"{path}{page}").status for page in ("", "delete/", "transfer/")] == [200, 403, 403]
    assert cast.bob.get(f"{path}delete/").status == 200
    assert cast.alice.post(f"{path}invite/", {"addressee": "zoe", "role": "owner"}).status == 422
    assert "An owner" not in cast.alice.visitor.send(cast.alice.get(path), action=f"{path}leave/").text


def test_nobody_is_given_more_applications_than_they_may_own(open_room: Callable[..., Room]) -> None:
    """The offer waits until there is room."""
    with ExitStack() as stack:
        cast = gather(open_room(DRAGOMAN_ROOM__APPLICATIONS_MAX="1"), stack)
        mine, offered = cast.bob.add("Mine"), cast.alice.add("Offered")
        cast.alice.visitor.fill(f"/room/applications/{offered}/transfer/", {"addressee": cast.bob.name})
        assert "at most 1 applications" in cast.bob.accept("Offered").text
        assert cast.alice.get(f"/room/applications/{offered}/delete/").status == 200
        cast.bob.visitor.fill(f"/room/applications/{mine}/delete/", {"typed": "Mine"})
        assert cast.bob.accept("Offered").title == "Offered"


def test_a_ban_ends_what_was_offered(cast: Cast) -> None:
    """Nobody saves an application from a ban by an offer that was made before it."""
    room = cast.room
    dora = room.person("dora")
    with room.signed_in(dora) as visitor:
        person = Person(dora, visitor)
        id = person.add("Saved")
        person.post(f"/room/applications/{id}/transfer/", {"addressee": cast.charlie.name})
    room.run("account", "ban", dora)
    assert "not good any more" in cast.charlie.accept("Saved").text
    assert cast.charlie.get(f"/room/applications/{id}/").status == 404
