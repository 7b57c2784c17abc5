"""Addresses of the changelog."""

from django.urls import path

from . import views

urlpatterns = [
    path("room/changelog/", views.index, name="changelog"),
    path("room/changelog/feed.xml", views.feed, name="changelog-feed"),
]
