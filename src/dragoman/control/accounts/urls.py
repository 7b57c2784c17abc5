"""Addresses of accounts."""

from django.urls import path

from . import views

urlpatterns = [
    path("accounts/link/<str:token>/", views.sign_in_by_link, name="sign-in-by-link"),
]
