"""The secret key is another one: that is noticed, and who has lost the old one can do without all that hangs on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dragoman import assembly
from dragoman.control.migrating import migrate
from dragoman.errors import SettingsError
from dragoman.observations import ignore
from dragoman.settings import Settings


def test_another_secret_key_is_noticed_at_start_and_by_every_command(configured: None) -> None:
    """Before any key is refused that was good; the first one that is seen is the one."""
    from dragoman.control.configuration import ours
    from dragoman.control.ledger.secret import note_secret

    migrate(ours())
    note_secret(ours())
    note_secret(ours())
    assembly.open_register(ours(), ignore)
    other = Settings(data_dir=ours().data_dir, secret_key="y" * 40)
    for begin in (note_secret, lambda settings: assembly.open_register(settings, ignore)):
        with pytest.raises(SettingsError, match=r"from a backup.* `dragoman key void-all`"):
            begin(other)


@pytest.fixture
def undone(configured: None) -> Iterator[None]:
    """What a test does to the database is taken back, as it is done to everybody."""
    from django.db import transaction

    from dragoman.control.configuration import ours

    migrate(ours())
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_everything_that_hangs_on_the_secret_key_ends_and_the_rest_stays(undone: None) -> None:
    """Keys, secrets, sign-ins and encrypted second factors are void, in the Room and at the API; passwords and passkeys are not."""
    from allauth.mfa.models import Authenticator

    from dragoman.control.accounts import services as accounts
    from dragoman.control.applications import rotation
    from dragoman.control.applications import services as applications
    from dragoman.control.configuration import ours
    from dragoman.control.grants import services as grants
    from dragoman.control.keys import services as keys
    from dragoman.control.ledger.models import Fact
    from dragoman.control.ledger.secret import note_secret
    from dragoman.control.voiding import void_all
    from dragoman.credentials.secrets import Kind

    vera = accounts.add("vera", password="correct horse battery staple")
    application = applications.add("Ball Finder", vera, "server")
    key, _ = keys.add(vera, Kind.GW2, "mine")
    grants.consent(vera, application, ["account"])
    issued = grants.issue(vera, application, ["account"], 60)
    assert issued is not None
    rotation.add_secret(application)
    for type in Authenticator.Type:
        Authenticator.objects.create(user=vera, type=type, data={})
    done = void_all()
    assert min(done) >= 1
    assert '"state":"revoked"' in Fact.objects.get(ref=str(key.pk)).body
    assert Fact.objects.get(ref=str(issued[0].pk)).body == ""
    assert (application.secrets.count(), grants.signed_in(vera)) == (0, [])
    assert [each.type for each in Authenticator.objects.filter(user=vera)] == [Authenticator.Type.WEBAUTHN]
    vera.refresh_from_db()
    assert vera.has_usable_password()
    note_secret(ours())
