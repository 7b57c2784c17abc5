"""The app's place in Django."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """Applications, members and secrets."""

    name = "dragoman.control.applications"
    label = "applications"

    def ready(self) -> None:
        """Tell the data plane of applications that are deleted."""
        from ..ledger.told import tell_of_deletions
        from .models import Application

        tell_of_deletions(Application)
