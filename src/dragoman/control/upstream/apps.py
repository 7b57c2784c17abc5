"""The app's place in Django."""

from django.apps import AppConfig


class UpstreamConfig(AppConfig):
    """Sign-in with the publisher's own accounts."""

    name = "dragoman.control.upstream"
    label = "upstream"

    def ready(self) -> None:
        """Follow what is connected and disconnected."""
        from allauth.socialaccount.signals import social_account_added, social_account_removed

        from . import identities

        social_account_added.connect(identities.on_connected)
        social_account_removed.connect(identities.on_disconnected)
