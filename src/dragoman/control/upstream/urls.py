"""Addresses of this app, below `/accounts/`, where allauth looks for them."""

from django.urls import path

from . import views

urlpatterns = [
    path("from/<slug:provider_id>/", views.leave, name="upstream_login"),
    path("from/<slug:provider_id>/again/", views.prove, name="upstream_prove"),
    path("from/<slug:provider_id>/callback/", views.come_back, name="upstream_callback"),
    path("proven/", views.go_on, name="upstream_proven"),
]
