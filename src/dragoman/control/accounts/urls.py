"""Addresses of accounts."""

from allauth.account.decorators import reauthentication_required
from allauth.account.views import password_set
from django.urls import path
from django.views.generic import RedirectView

from . import views

urlpatterns = [
    path("accounts/link/<str:token>/", views.sign_in_by_link, name="sign-in-by-link"),
    path("accounts/password/set/", reauthentication_required(password_set)),      # allauth asks for no proof there
    path("accounts/sessions/", RedirectView.as_view(pattern_name="account-sessions")),
    path("room/terms/", views.show_terms, name="terms"),
    path("room/account/", views.show_profile, name="account-profile"),
    path("room/account/sessions/", views.show_sessions, name="account-sessions"),
    path("room/account/data/", views.show_data, name="account-data"),
    path("room/account/export/", views.export_data, name="account-export"),
    path("room/account/delete/", views.delete_account, name="account-delete"),
]
