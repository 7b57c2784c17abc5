"""The app's place in Django."""

from django.apps import AppConfig


class ShowcaseConfig(AppConfig):
    """Applications that are shown."""

    name = "dragoman.control.showcase"
    label = "showcase"
