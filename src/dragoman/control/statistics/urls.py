"""Addresses of usage."""

from django.urls import path

from ..administration.access import operator_path
from . import views

urlpatterns = [
    path("room/applications/<str:id>/usage/", views.show_application, name="application-usage"),
    path("room/keys/usage/", views.show_keys, name="keys-usage"),
    operator_path("usage/", views.show_everything, "operator-usage"),
]
