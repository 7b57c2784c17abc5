"""The app's place in Django."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """Pages that show what was called; it has no tables of its own here."""

    name = "dragoman.control.statistics"
    label = "statistics"
