"""The app's place in Django."""

from django.apps import AppConfig


class RoomConfig(AppConfig):
    """Layout, first page, assets."""

    name = "dragoman.control.room"
    label = "room"
