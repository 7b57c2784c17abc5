"""Addresses of long operations."""

from django.urls import path

from ..administration.access import operator_path
from . import views

urlpatterns = [
    path("room/operations/", views.index, name="operations"),
    path("room/operations/<int:id>/cancel/", views.cancel, name="operation-cancel"),
    operator_path("operations/", views.show_all, "operator-operations"),
    operator_path("operations/<int:id>/cancel/", views.cancel_any, "operator-operation-cancel"),
]
