"""What every store of credentials keeps, and what the one that knows nobody does."""

from __future__ import annotations

import pytest

from dragoman.contracts import Credentials
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.query import Caller, Credential

KINDS = ("application-id", "access-token", "gw2", "api-token", "user-token", "remote-auth")
REQUEST = Request(verb="GET", path=b"/v2/ships", peer="192.0.2.7", host="api.example", scheme="https", id="1")


def empty_register() -> Register:
    """One that has heard everything there is, which is nothing."""
    register = Register(Digester(b"k" * 32), stale_max_s=60)
    register.hear()
    return register


STORES = {"register": empty_register}
"""How to make each store, with nobody in it."""


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Credentials:
    """Each store in turn."""
    return STORES[request.param]()


def test_without_credentials_there_is_nobody_in_particular(store: Credentials) -> None:
    """No account, no application, no permission."""
    caller = store.identify((), REQUEST)
    assert isinstance(caller, Caller)
    assert (caller.account, caller.application, caller.subject, caller.permissions) == (None, None, None, frozenset())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["x", "", "\0", "Ж" * 10_000, "' OR 1=1 --", "\udcff", "564F181A-F0FC-114A-A55D-3C1DCD45F3767AF3848F"])
def test_what_nobody_issued_is_refused_with_its_reason(store: Credentials, kind: str, text: str) -> None:
    """Whatever it looks like; the refusal does not repeat it."""
    with pytest.raises(Refusal) as raised:
        store.identify((Credential(kind, text),), REQUEST)
    (fault,) = raised.value.faults
    assert fault.code in (Code.CREDENTIAL_INVALID, Code.APPLICATION_INVALID)
    assert fault.hint
    assert fault.value is None
    assert len(text) < 2 or text not in str(raised.value)


def test_one_wrong_credential_among_several_is_enough(store: Credentials) -> None:
    """They are all needed, or they would not have been sent; any iterable will do."""
    with pytest.raises(Refusal):
        store.identify(iter([Credential("application-id", "x"), Credential("access-token", "y")]), REQUEST)


def test_a_secret_is_not_in_the_text_of_a_credential() -> None:
    """So that no log and no traceback shows it."""
    assert "hush" not in repr(Credential("gw2", "hush"))
    assert "hush" not in f"{Credential('gw2', 'hush')}"
