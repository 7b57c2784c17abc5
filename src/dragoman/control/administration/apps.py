"""The app's place in Django."""

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    """The operators' pages, and the log of what they do."""

    name = "dragoman.control.administration"
    label = "administration"

    def ready(self) -> None:
        """Tell the data plane of what is switched on again."""
        from ..ledger.told import tell_of_deletions
        from .models import Switch

        tell_of_deletions(Switch)
