"""The app's place in Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Tells facts whenever an account, an application or a key changes."""

    name = "dragoman.control.ledger"
    label = "ledger"
