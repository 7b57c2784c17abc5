"""The app's place in Django."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Pages of long operations; the data plane keeps them."""

    name = "dragoman.control.operations"
    label = "operations"
