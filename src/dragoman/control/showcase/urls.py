"""Addresses of the showcase."""

from django.urls import path

from . import views

urlpatterns = [
    path("room/showcase/", views.index, name="showcase"),
    path("room/showcase/<uuid:id>/picture", views.picture, name="showcase-picture"),
    path("room/applications/<application:id>/showcase/", views.offer, name="application-showcase"),
]
