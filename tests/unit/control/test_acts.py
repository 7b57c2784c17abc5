"""Every act of an operator leaves a line, in the transaction of the act; no line can be changed or taken away."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.exchange import Operation
from dragoman.query import Caller

REASON = "as asked"
NEWS = {"title_en": "News", "text_en": "Something."}


@pytest.fixture(scope="module")
def database(configured: None) -> Iterator[None]:
    """The tables, once."""
    from django.db import connection

    from dragoman.control.configuration import ours
    from dragoman.control.migrating import migrate

    migrate(ours())
    yield
    connection.close()


@pytest.fixture
def things(database: None) -> Iterator[dict[str, Any]]:
    """An account with an application, a key, and requests; gone afterwards, with what the test did."""
    from django.db import transaction

    from dragoman.control.accounts import services as accounts
    from dragoman.control.administration import limits
    from dragoman.control.administration.audit import Actor
    from dragoman.control.applications import services as applications
    from dragoman.control.keys import services as keys
    from dragoman.control.keys.models import KeyRequest
    from dragoman.credentials.secrets import Kind

    with transaction.atomic():
        alice = accounts.add("alice-acts")        # other modules of the same process have an Alice of their own
        application = applications.add("Rocket", alice, "server")
        key, _ = keys.add(alice, Kind.GW2, "key")
        asked = KeyRequest.objects.create(account=alice, kind="gw2", name="key")
        wanted = limits.ask(application, alice, "50/s", "", "many players")
        yield {"by": Actor("olga", 1, "192.0.2.7", "0123"), "account": alice, "application": application, "key": key,
               "key_request": asked, "limit_request": wanted}
        transaction.set_rollback(True)


class Kept:
    """One operation, whoever asks."""

    def look(self, id: int, caller: Caller) -> Operation:
        assert caller.account is not None
        return Operation(id=id, method="works:works/lines", state="running")

    cancel = look


def acts_of(things: dict[str, Any], folder: Path) -> dict[str, Callable[[], object]]:
    """How each act is called, by its name."""
    from dragoman.control.administration import acts, switches
    from dragoman.control.announcements import services as announcements
    from dragoman.control.asked import Reply
    from dragoman.control.configuration import ours
    from dragoman.control.keys.importing import read
    from dragoman.control.showcase.models import Entry
    from dragoman.credentials.secrets import Kind

    by, account, application, key = (things[name] for name in ("by", "account", "application", "key"))
    shown = Entry.objects.create(application=application, text="A rocket.", link="https://example.org/")
    (folder / "keys.csv").write_text(f"kind,sha256,account\ngw2,{'ab' * 32},alice-acts\n")
    return {
        "open_account": lambda: acts.open_account(by, "bob"),
        "make_link": lambda: acts.make_link(by, account, ours()),
        "ban": lambda: acts.ban(by, account, REASON),
        "unban": lambda: acts.unban(by, account),
        "connect": lambda: acts.connect(by, account, "acts-7"),
        "publish_terms": lambda: acts.publish_terms(by, "Be fair."),
        "register": lambda: acts.register(by, "Other", account, "server", ()),
        "add_secret": lambda: acts.add_secret(by, application),
        "set_pkce": lambda: acts.set_pkce(by, application, required=False),
        "block": lambda: acts.block(by, application, REASON),
        "unblock": lambda: acts.unblock(by, application),
        "limit": lambda: acts.limit(by, application, "20/s", ""),
        "pin": lambda: acts.pin(by, application, "2024-06-01", ["2024-06-01T00:00:00.000000Z"]),
        "answer_limits": lambda: acts.answer_limits(by, things["limit_request"], Reply.GRANTED, REASON),
        "add_key": lambda: acts.add_key(by, account, Kind.GW2, "second", (), None),
        "import_keys": lambda: acts.import_keys(by, read(folder / "keys.csv")),
        "suspend": lambda: acts.suspend(by, key, REASON),
        "release": lambda: acts.release(by, key),
        "revoke": lambda: acts.revoke(by, key),
        "answer_key": lambda: acts.answer_key(by, things["key_request"], Reply.REFUSED, REASON),
        "answer_showcase": lambda: acts.answer_showcase(by, shown, Reply.GRANTED, REASON, shown.asked_at.isoformat()),
        "announce": lambda: acts.announce(by, "notice", NEWS),
        "withdraw_announcement": lambda: acts.withdraw_announcement(by, announcements.publish("notice", NEWS)),
        "switch_off": lambda: acts.switch_off(by, "shop", "data/toys", REASON),
        "void_all": lambda: acts.void_all(by),
        "cancel_operation": lambda: acts.cancel_operation(by, Kept(), 7, f"account:{account.pk}"),  # type: ignore[arg-type]  # no more is asked of it
        "switch_on": lambda: acts.switch_on(by, switches.switch_off("shop", "data/toys")),
    }


def test_every_act_leaves_a_line(things: dict[str, Any], tmp_path: Path) -> None:
    """With who, from where, and the request; and the table above is whole."""
    from dragoman.control.administration import acts
    from dragoman.control.administration.models import Line

    calls = acts_of(things, tmp_path)
    public = {name for name, function in inspect.getmembers(acts, inspect.isfunction)
              if function.__module__ == acts.__name__ and not name.startswith("_")}
    assert set(calls) == public
    for name, call in calls.items():
        before = Line.objects.count()
        call()
        assert Line.objects.count() > before, name
        line = Line.objects.first()
        assert line is not None
        assert (line.who, line.account, line.address, line.request_id) == ("olga", 1, "192.0.2.7", "0123"), name
        assert line.act, name


def test_a_line_tells_what_changed(things: dict[str, Any]) -> None:
    """Before and after, and no secret."""
    from dragoman.control.administration import acts
    from dragoman.control.administration.models import Line

    acts.block(things["by"], things["application"], REASON)
    line = Line.objects.get(act="application.block")
    assert line.before["block_reason"] == ""
    assert line.after["block_reason"] == REASON
    assert line.after["blocked_at"]
    acts.suspend(things["by"], things["key"], REASON)
    assert "digest" not in Line.objects.get(act="key.suspend").after


def test_an_act_that_fails_leaves_none(things: dict[str, Any]) -> None:
    """Both are kept, or neither."""
    from dragoman.control.administration import acts
    from dragoman.control.administration.models import Line
    from dragoman.errors import SettingsError

    before = Line.objects.count()
    with pytest.raises(SettingsError):
        acts.block(things["by"], things["application"], "x" * 1_001)
    with pytest.raises(SettingsError):
        acts.limit(things["by"], things["application"], "fast", "")
    assert Line.objects.count() == before


def test_a_line_stays_as_it_is(things: dict[str, Any]) -> None:
    """Nothing that the code offers changes one or takes one away; the account that acted may be gone."""
    from dragoman.control.administration import acts
    from dragoman.control.administration.models import Line

    acts.block(things["by"], things["application"], REASON)
    line = Line.objects.get(act="application.block")
    for change in (line.save, line.delete, Line.objects.all().delete, lambda: Line.objects.all().update(who="nobody")):
        with pytest.raises(TypeError, match="only ever written to"):
            change()
    things["account"].delete()
    assert Line.objects.get(act="application.block").name == "Rocket"
