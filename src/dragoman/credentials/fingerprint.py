"""Noticing that the server's secret key is another one than secrets are kept under: without it none of them is known any more."""

from __future__ import annotations

import contextlib

from ..errors import SettingsError, SourceUnavailable
from . import facts
from .ledger import Ledger
from .secrets import Digester

KIND, REF = "secret", "server"


def fact_of(digester: Digester) -> facts.Secret:
    """What is kept of a secret key: it tells one from another, and nothing else of it."""
    return facts.Secret(fingerprint=digester.derive("fingerprint").hex())


def compare(known: str, digester: Digester) -> None:
    """Compare with the text of a fact that is kept. Raises `SettingsError` with the remedy where that is of another key."""
    if known != facts.write(fact_of(digester)):
        raise SettingsError(
            "The secret key is another one than everything in this database is kept under: bring back the setting secret_key, or "
            "the file secret.key of the data directory, from a backup. To do without every key, token, application secret and "
            "authenticator that was issued, run `dragoman key void-all`, then start again.")


def check(ledger: Ledger, digester: Digester) -> None:
    """Compare with what a database holds, as far as there is one that answers; the Room tells later of one that comes later.

    Raises `SettingsError`.
    """
    with contextlib.suppress(SourceUnavailable):
        known = ledger.find(KIND, REF)
        ledger.close()                      # before any fork
        if known:
            compare(known, digester)
