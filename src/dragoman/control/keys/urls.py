"""Addresses of keys."""

from django.urls import path

from . import views

urlpatterns = [
    path("room/keys/", views.index, name="keys"),
    path("room/keys/add/<slug:kind>/", views.add, name="key-add"),
    path("room/keys/<uuid:id>/disable/", views.act, {"what": "disable"}, name="key-disable"),
    path("room/keys/<uuid:id>/enable/", views.act, {"what": "enable"}, name="key-enable"),
    path("room/keys/<uuid:id>/revoke/", views.revoke, name="key-revoke"),
    path("room/keys/<uuid:id>/forget/", views.act, {"what": "forget"}, name="key-forget"),
    path("room/keys/requests/<uuid:id>/make/", views.answer_request, {"what": "make"}, name="key-request-make"),
    path("room/keys/requests/<uuid:id>/withdraw/", views.answer_request, {"what": "withdraw"}, name="key-request-withdraw"),
    path("room/permissions/", views.permissions, name="permissions"),
]
