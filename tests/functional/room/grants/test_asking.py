"""The page that asks: to whom an answer goes, who may give it, and what it says."""

from __future__ import annotations

import re
import time

import pytest

from ..visitor import Room, Visitor
from .application import BACK, App, register, told

LOOPBACK = "http://127.0.0.1/cb"


def test_the_page_says_who_asks_and_what_for(app: App, alice: Visitor, name: str) -> None:
    """In the publisher's words, for what the application is, and where the answer goes."""
    page = alice.get(app.asks(scope="account inventories openid"))
    for text in ("Ball Finder", app.owner, name, "standalone", "Your account", "What you own", "Recognize you", "app.example.org"):
        assert text in page.text
    assert page.tree.xpath("count(//script)") == 0          # it needs none


def test_what_the_application_is_called_is_text(room: Room, alice: Visitor) -> None:
    """A name is no markup, and cannot pretend to be something else on the page."""
    made = room.run("application", "add", "<b>Shop</b>", "--owner", room.person("owner"), "--type", "server", "--redirect", BACK)
    page = alice.get(App(room, made["application_id"], "").asks())
    assert "Let <b>Shop</b> in?" in page.title
    assert not page.tree.xpath("//h1/b")


def test_no_page_can_frame_it(app: App, alice: Visitor) -> None:
    """A click goes to what is seen; and the browser may be sent on to the application alone."""
    policy = alice.get(app.asks()).response.headers
    assert policy["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in policy["content-security-policy"]
    assert policy["content-security-policy"].endswith("form-action 'self' https://app.example.org")
    assert policy["cache-control"].startswith("private, no-store") or "no-store" in policy["cache-control"]
    assert "access-control-allow-origin" not in policy


@pytest.mark.parametrize("wrong", [
    f"{BACK}/more", f"{BACK}&more=1", BACK.partition("?")[0], BACK.replace("signed-in", "Signed-In"), BACK.replace("app.", "APP."),
    BACK.replace("https:", "HTTPS:"), BACK.replace(".org/", ".org:443/"), BACK.replace(".org/", ".org:8443/"),
    BACK.replace("https", "http"),
    BACK.replace("//", "//user@"), BACK.replace("//app.example.org", "//app.example.org@evil.example"), f"{BACK}#x", f"{BACK}%2e",
    BACK.replace("/signed-in", "/./signed-in"), BACK.replace(".org", ".org."), "https://evil.example/", "//evil.example", "/", "",
    "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1:1/", "https://evil.example/?" + BACK, f"{BACK}\r\nLocation: https://evil.example",
    BACK.replace("app", "аpp"),
])
@pytest.mark.parametrize("more", [{}, {"prompt": "none"}, {"response_type": "token"}, {"scope": "made-up"}])
def test_an_answer_goes_nowhere_that_is_not_registered(app: App, alice: Visitor, wrong: str, more: dict[str, str]) -> None:
    """Character for character (RFC 9700, section 2.1): a page, and no Location for a stranger."""
    page = alice.get(app.asks(redirect_uri=wrong, **more), follow_redirects=False)
    assert page.status == 400
    assert "location" not in page.response.headers
    assert page.title == "This sign-in cannot go on"
    assert not page.tree.xpath("//*[contains(@href, 'evil') or contains(@action, 'evil') or contains(@content, 'evil')]")


@pytest.mark.parametrize("change", [{"client_id": "0" * 32}, {"client_id": None}, {"client_id": "a\0b"}, {"client_id": "x" * 3000}])
def test_an_unknown_application_is_told_nothing(app: App, alice: Visitor, change: dict[str, str | None]) -> None:
    """Nor is anybody sent anywhere for it."""
    page = alice.get(app.asks(**change), follow_redirects=False)
    assert (page.status, page.response.headers.get("location")) == (400, None)


def test_one_parameter_twice_is_refused(app: App, alice: Visitor) -> None:
    """Two programs may believe different ones of them."""
    page = alice.get(app.asks() + "&redirect_uri=https%3A%2F%2Fevil.example%2F", follow_redirects=False)
    assert (page.status, page.response.headers.get("location")) == (400, None)


@pytest.mark.parametrize("twice", ["code_challenge=" + "x" * 43, "prompt=login", "nonce=n", "response_mode=query", "max_age=1"])
def test_what_only_the_library_reads_is_sent_once_too(app: App, alice: Visitor, twice: str) -> None:
    """The address is the application's: it is told what it did."""
    known = {"prompt": "consent", "nonce": "m", "response_mode": "query", "max_age": "9999"}
    refused = told(alice.get(f"{app.asks(**known)}&{twice}", follow_redirects=False))
    assert (refused["error"], refused["error_description"]) == ("invalid_request", "Send each parameter once.")


@pytest.mark.parametrize("mode", ["fragment", "form_post", "web_message", "x"])
def test_an_answer_comes_in_the_query_alone(app: App, confidential: App, alice: Visitor, mode: str) -> None:
    """In a fragment programs of the page read it, and nothing was promised but the query."""
    for each in (app, confidential):
        refused = told(alice.get(each.asks(response_mode=mode), follow_redirects=False))
        assert (refused["error"], refused["state"]) == ("invalid_request", "s&=?/é")
        assert "response_mode" in refused["error_description"]
    assert "code" in app.consent(alice, response_mode="query")
    assert "code" in app.consent(alice, response_mode="")


def test_the_port_of_ones_own_machine_is_its_own_business(room: Room, alice: Visitor) -> None:
    """A program chooses a free one (RFC 8252, section 7.3), at this number alone: a name may lead elsewhere."""
    native = register(room, back=LOOPBACK)
    for good in (LOOPBACK, "http://127.0.0.1:49152/cb"):
        page = alice.get(native.asks(redirect_uri=good))
        assert page.status == 200
        assert page.response.headers["content-security-policy"].endswith(good.removesuffix("/cb"))
    for wrong in ("http://localhost:49152/cb", "http://127.0.0.2/cb", "http://127.0.0.1:49152/cb/", "http://127.0.0.1:1@evil.example/cb",
                  "https://127.0.0.1/cb", "http://127.0.0.1:x/cb", "http://[::1]/cb"):
        assert alice.get(native.asks(redirect_uri=wrong), follow_redirects=False).status == 400


def test_a_no_is_told(app: App, alice: Visitor) -> None:
    """With the state as it came, and nothing else."""
    assert app.consent(alice, "deny") == {"from": "dragoman", "error": "access_denied", "state": "s&=?/é", "iss": app.room.url}


def test_an_unknown_permission_is_told(app: App, alice: Visitor) -> None:
    """To the application, whose mistake it is."""
    refused = told(alice.get(app.asks(scope="account made-up"), follow_redirects=False))
    assert (refused["error"], "scopes_supported" in refused["error_description"]) == ("invalid_scope", True)


def test_an_answer_is_one_to_what_was_shown(app: App, alice: Visitor) -> None:
    """Not to a request with another state, address or permission, nor to none."""
    shown = alice.get(app.asks())
    form = {"csrfmiddlewaretoken": shown.tree.xpath("string(//main//input[@name='csrfmiddlewaretoken']/@value)"),
            "seal": shown.tree.xpath("string(//input[@name='seal']/@value)"), "answer": "allow"}
    origin = {"origin": app.room.url}
    for altered in (app.asks(state="other"), app.asks(scope="account"), app.asks(code_challenge="x" * 43)):
        page = alice.post(altered, form, headers=origin, follow_redirects=False)
        assert page.status == 400
        assert "read it again" in page.text
    for seal in ("", form["seal"][:-1] + ("a" if form["seal"][-1] != "a" else "b"), "x"):
        assert alice.post(app.asks(), form | {"seal": seal}, headers=origin, follow_redirects=False).status == 400
    assert alice.post(app.asks(), form | {"csrfmiddlewaretoken": "x" * 64}, headers=origin).status == 403
    assert alice.post(app.asks(), form, headers={"origin": "https://evil.example"}).status == 403
    assert alice.post(app.asks(), form, headers=origin, follow_redirects=False).status == 303


def test_an_answer_of_another_session_counts_for_nothing(room: Room, app: App, name: str, alice: Visitor) -> None:
    """Neither another person's nor one's own elsewhere."""
    seal = alice.get(app.asks()).tree.xpath("string(//input[@name='seal']/@value)")
    for who in (name, room.person("charlie")):
        with room.signed_in(who) as other:
            page = other.send(other.get(app.asks()), {"seal": seal}, button=("answer", "allow"), follow_redirects=False)
            assert page.status == 400


def test_who_is_not_signed_in_does_so_first_and_comes_back(room: Room, app: App, name: str) -> None:
    """Through 303, which never sends a password on (RFC 9700, section 4.12)."""
    with room.visitor() as visitor:
        page = visitor.get(app.asks())
        assert page.path.startswith("/accounts/login/?next=")
        sent = visitor.send(page, {"login": name, "password": "correct horse battery staple"}, follow_redirects=False)
        assert sent.status == 303
        assert sent.response.headers["location"] == app.asks()
        assert "Let Ball Finder" in visitor.get(sent.response.headers["location"]).title


def test_no_page_is_shown_to_who_wants_none(room: Room, confidential: App) -> None:
    """`prompt=none`: nobody there, never asked, asked and allowed, and allowed for less."""
    silent = {"prompt": "none", "scope": "account openid", "nonce": "n"}
    with room.visitor() as visitor:
        assert told(visitor.get(confidential.asks(**silent), follow_redirects=False))["error"] == "login_required"
    with room.signed_in(room.person("bob")) as bob:
        assert told(bob.get(confidential.asks(**silent), follow_redirects=False))["error"] == "consent_required"
        confidential.sign_in(bob, scope="account openid")
        code = told(bob.get(confidential.asks(**silent), follow_redirects=False))["code"]
        assert confidential.exchange(code).status_code == 200
        more = {**silent, "scope": "account inventories openid"}
        assert told(bob.get(confidential.asks(**more), follow_redirects=False))["error"] == "consent_required"
        bob.post("/accounts/logout/")


@pytest.mark.parametrize("scope", ["account", "account openid"])
@pytest.mark.parametrize("prompt", ["none login", "consent none"])
def test_no_page_and_a_page_at_once_is_a_mistake(room: Room, app: App, alice: Visitor, prompt: str, scope: str) -> None:
    """Whoever is there, and whatever is asked for (OpenID Connect Core, section 3.1.2.1): no page is shown."""
    with room.visitor() as nobody:
        for visitor in (alice, nobody):
            refused = told(visitor.get(app.asks(prompt=prompt, scope=scope), follow_redirects=False))
            assert (refused["error"], refused["state"]) == ("invalid_request", "s&=?/é")


def test_a_program_that_cannot_be_known_is_never_answered_without_a_page(room: Room, alice: Visitor) -> None:
    """Any program on a machine can listen where another one did."""
    native = register(room, back=LOOPBACK)
    native.sign_in(alice, scope="account")
    assert told(alice.get(native.asks(scope="account", prompt="none"), follow_redirects=False))["error"] == "consent_required"


def test_a_fresh_sign_in_is_asked_for_where_the_application_wants_one(room: Room, app: App) -> None:
    """`prompt=login` and `max_age`: the password once more, then the page."""
    with room.signed_in(room.person("bob")) as bob:
        page = bob.get(app.asks(prompt="login"))
        assert page.path.startswith("/accounts/reauthenticate/")
        assert "Let Ball Finder" in bob.send(page, {"password": "correct horse battery staple"}).title
        time.sleep(6)
        page = bob.get(app.asks(max_age="5", state="second"))
        assert page.path.startswith("/accounts/reauthenticate/")
        assert "Let Ball Finder" in bob.send(page, {"password": "correct horse battery staple"}).title
        assert "Let Ball Finder" in bob.get(app.asks(max_age="1000")).title


def test_a_blocked_application_asks_nobody(room: Room, alice: Visitor) -> None:
    """Nor one whose owner is banned."""
    app = register(room)
    page = alice.get(app.asks())
    room.run("application", "block", app.id)
    assert alice.get(app.asks()).status == 400
    assert alice.send(page, button=("answer", "allow"), follow_redirects=False).status == 400
    room.run("application", "unblock", app.id)
    room.run("account", "ban", app.owner)
    assert alice.get(app.asks()).status == 400


def test_the_page_speaks_russian(room: Room, app: App) -> None:
    """As any other."""
    with room.signed_in(room.person("dasha")) as dasha:
        assert "Впустить Ball Finder" in dasha.get(app.asks(), headers={"accept-language": "ru"}).title


def test_other_verbs_do_nothing(app: App, alice: Visitor) -> None:
    """HEAD is like GET; no other."""
    assert alice.client.head(app.asks()).status_code == 200
    assert alice.client.put(app.asks(), headers={"origin": app.room.url}).status_code in (403, 405)
    assert re.fullmatch(r"40[35]", str(alice.client.delete(app.asks()).status_code))
