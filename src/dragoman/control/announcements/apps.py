"""The app's place in Django."""

from django.apps import AppConfig


class AnnouncementsConfig(AppConfig):
    """Announcements and the noted base addresses."""

    name = "dragoman.control.announcements"
    label = "announcements"
