"""The app's place in Django."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """Consents, authorization codes, access and refresh tokens."""

    name = "dragoman.control.grants"
    label = "grants"

    def ready(self) -> None:
        """Tell the data plane of tokens that end, and end those of an account whose password was reset."""
        from ..ledger.told import tell_of_deletions
        from . import services
        from .models import AccessToken

        tell_of_deletions(AccessToken)
        services.watch()
