"""Sign-in to applications: what the library is told, and what is done without a code."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dragoman.control.migrating import migrate
from dragoman.credentials.secrets import Kind, is_ours
from dragoman.errors import SettingsError
from dragoman.settings import Room, Settings


@pytest.fixture
def people(configured: None) -> Any:
    """Alice, and an application of hers, in a database with all its tables."""
    from dragoman.control.accounts import services as accounts
    from dragoman.control.accounts.models import Account
    from dragoman.control.applications import services as applications
    from dragoman.control.configuration import ours

    migrate(ours())
    Account.objects.filter(username="alice").delete()
    alice = accounts.add("alice")
    return alice, applications.add("Ball Finder", alice, "standalone")


def test_every_switch_of_rfc_9700_is_on_and_the_library_finds_nothing_to_warn_of(configured: None) -> None:
    """`check --deploy`, as far as it is about sign-in to applications."""
    from django.conf import settings
    from django.core.checks import run_checks
    from oauth2_provider.settings import DEFAULTS

    switches = [name for name in DEFAULTS if name.startswith("COMPLIANT_BCP_RFC9700_")]
    assert len(switches) == 10
    assert all(settings.OAUTH2_PROVIDER[name] for name in switches)
    found = [each for each in run_checks(include_deployment_checks=True) if "oauth2_provider" in (each.id or "")]
    assert found == []


def test_a_token_can_be_given_without_a_code(people: Any) -> None:
    """As some conventions do, for at most as long as the settings allow; its fact stands beside it."""
    from dragoman.control.configuration import digester_of, ours
    from dragoman.control.grants import services
    from dragoman.control.ledger.models import Fact

    alice, application = people
    assert services.issue(alice, application, ["account"], 60) is None
    services.consent(alice, application, ["account"])
    token, text = services.issue(alice, application, ["account", "openid"], 10**9)
    assert is_ours(Kind.ACCESS_TOKEN, text)
    assert token.expires - token.created <= dt.timedelta(seconds=1_209_601)
    assert text not in str(vars(token))
    body = Fact.objects.get(ref=str(token.pk)).body
    assert digester_of(ours()).digest(text).hex() in body
    assert '"permissions":["account"]' in body
    assert [each.application.pk for each in services.signed_in(alice)] == [application.pk]
    assert services.end(alice, application.pk)
    assert Fact.objects.get(ref=str(token.pk)).body == ""
    assert services.signed_in(alice) == []
    assert not services.end(alice, application.pk)


def test_a_token_says_whose_it_is_at_the_moment_when_it_is_made(people: Any) -> None:
    """Though the page was begun before: who is somebody else, banned or gone by then is told so, or nothing."""
    from dragoman.control.accounts import services as accounts
    from dragoman.control.accounts.models import Account
    from dragoman.control.grants import lesta, services

    alice, application = people
    accounts.connect(alice, "before")
    stale = Account.objects.get(pk=alice.pk)
    accounts.connect(alice, "after")
    wanted = lesta.Wanted(application, "https://app.example.org/", ["profile"], None)
    services.consent(stale, application, ["profile"])
    assert (stale.subject, lesta.sign_in(wanted, stale)["account_id"]) == ("before", "after")
    accounts.ban(Account.objects.get(pk=alice.pk))
    assert lesta.sign_in(wanted, stale)["message"] == "AUTH_CANCEL"


def test_who_is_somebody_else_in_the_data_signs_in_anew(people: Any) -> None:
    """Whether a provider says so or an operator does, who may have seen the account a while ago."""
    from dragoman.control.accounts.models import Account
    from dragoman.control.administration import acts
    from dragoman.control.administration.audit import actor_of_command
    from dragoman.control.grants import services
    from dragoman.control.upstream import identities

    alice, application = people
    unknown = Account.objects.get(pk=alice.pk)

    def lives(change: Any) -> bool:
        services.consent(alice, application, ["account"])
        assert services.issue(alice, application, ["account"], 60) is not None
        change()
        return bool(services.signed_in(alice))

    assert lives(lambda: identities.keep_subject(Account.objects.get(pk=alice.pk), "first"))
    assert lives(lambda: identities.keep_subject(Account.objects.get(pk=alice.pk), "first"))
    assert not lives(lambda: identities.keep_subject(Account.objects.get(pk=alice.pk), "second"))
    assert not lives(lambda: identities.keep_subject(Account.objects.get(pk=alice.pk), None))
    assert lives(lambda: acts.connect(actor_of_command(), unknown, "third"))
    assert not lives(lambda: acts.connect(actor_of_command(), unknown, "fourth"))


def test_the_database_is_asked_as_often_for_many_applications_as_for_one(people: Any) -> None:
    """Each is shown with its own last use; whether one has consent is a single question."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dragoman.control.applications import services as applications
    from dragoman.control.grants import services
    from dragoman.control.ledger.models import Use

    alice, first = people
    asked = []
    for moment, application in enumerate([first, *(applications.add(f"Finder {each}", alice, "standalone") for each in range(2))]):
        services.consent(alice, application, ["account"])
        for earlier in (0, 10):
            token, _ = services.issue(alice, application, ["account"], 60)
            Use.objects.create(ref=str(token.pk), used_at=100 + moment - earlier)
        with CaptureQueriesContext(connection) as queries:
            found = services.signed_in(alice)
        asked.append(len(queries))
    assert [each.used_at.timestamp() for each in found if each.used_at is not None] == [102, 101, 100]
    assert len(set(asked)) == 1
    with CaptureQueriesContext(connection) as queries:
        assert services.has_consented(alice, first, ["account"])
    assert len(queries) == 1


def test_what_is_over_is_dropped_and_what_is_not_stays(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens without a way to renew them, and in the end that they were ever there."""
    from django.utils import timezone

    from dragoman.control.grants import services
    from dragoman.control.grants.models import AccessToken
    from dragoman.control.ledger.models import Fact

    alice, application = people
    services.consent(alice, application, ["account"])
    over, _ = services.issue(alice, application, ["account"], 60)
    good, _ = services.issue(alice, application, ["account"], 60)
    over.expires = timezone.now() - dt.timedelta(seconds=1)
    over.save()
    sweep(monkeypatch)
    assert list(AccessToken.objects.values_list("pk", flat=True)) == [good.pk]
    gone = Fact.objects.get(ref=str(over.pk))
    assert gone.body == ""
    gone.gone_at = timezone.now() - dt.timedelta(days=31)
    gone.save()
    services.issue(alice, application, ["account"], 60)
    sweep(monkeypatch)
    assert not Fact.objects.filter(ref=str(over.pk)).exists()
    assert Fact.objects.get(ref=str(good.pk)).body


def sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop what is over, whenever that was done last."""
    from dragoman.control.grants import services

    monkeypatch.setattr(services, "_swept_at", [float("-inf")])
    services.sweep()


def test_no_identity_token_is_signed_with_a_key_that_was_not_kept(people: Any) -> None:
    """It is made at start, in a transaction of its own, and never on the way, where the transaction around may be rolled back."""
    from django.db import transaction

    from dragoman.control.grants import signing
    from dragoman.control.grants.models import SigningKey

    SigningKey.objects.all().delete()
    signing.private_key.cache_clear()
    with transaction.atomic(), pytest.raises(SettingsError, match="start again"):
        signing.private_key()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        signing.make_key()
    signing.make_key()
    made = signing.private_key()
    signing.make_key()
    signing.private_key.cache_clear()
    assert signing.private_key() == made


def test_without_pkce_goes_a_confidential_application_alone(people: Any) -> None:
    """Its first secret makes it one, for good: when all have ended it can prove nothing, and gets nothing."""
    from dragoman.control.applications import rotation, services
    from dragoman.control.grants.models import Client

    _, application = people
    with pytest.raises(SettingsError, match="secret"):
        services.allow_without_pkce(application, True)
    secret, _ = rotation.add_secret(application)
    services.allow_without_pkce(application, True)
    rotation.end_secret(application, secret.pk)
    client = Client.objects.get(pk=application.pk)
    assert (client.client_type, client.client_secret, client.pkce_optional) == ("confidential", [], True)


@pytest.mark.parametrize("lifetime_s", [-1, 0, 1_209_601])
def test_no_token_is_good_for_longer_than_two_weeks(lifetime_s: int) -> None:
    """L11, whoever sets it."""
    with pytest.raises(SettingsError, match="two weeks"):
        Settings(room=Room(token_max_s=lifetime_s))
