"""The app's place in Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts, terms of use and sign-in links."""

    name = "dragoman.control.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Tell the data plane of accounts that are deleted."""
        from ..ledger.told import tell_of_deletions
        from .models import Account

        tell_of_deletions(Account)
