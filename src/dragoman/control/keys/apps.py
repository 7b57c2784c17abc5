"""The app's place in Django."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """Keys of every kind."""

    name = "dragoman.control.keys"
    label = "keys"

    def ready(self) -> None:
        """Tell the data plane of keys that are deleted."""
        from ..ledger.told import tell_of_deletions
        from .models import Key

        tell_of_deletions(Key)
