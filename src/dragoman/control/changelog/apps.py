"""The app's place in Django."""

from django.apps import AppConfig


class ChangelogConfig(AppConfig):
    """Pages and letters about versions of the schema; the catalogs declare them."""

    name = "dragoman.control.changelog"
    label = "changelog"
