"""Addresses of announcements."""

from django.urls import path

from . import views

urlpatterns = [
    path("room/announcements/", views.index, name="announcements"),
    path("room/announcements/feed.xml", views.feed, name="announcements-feed"),
    path("room/announcements/<uuid:id>/dismiss/", views.dismiss, name="announcement-dismiss"),
]
