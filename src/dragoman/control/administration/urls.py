"""Addresses of operators; and of the page on which others ask them for limits."""

from django.urls import path

from . import announcing, answering, asking, overview, people, programs, publishing, showing
from .access import operator_path

urlpatterns = [
    operator_path("", overview.index, "operator"),
    operator_path("log/", overview.log, "operator-log"),
    operator_path("accounts/", people.index, "operator-accounts"),
    operator_path("accounts/<int:number>/", people.details, "operator-account"),
    operator_path("keys/<uuid:id>/", people.change_key, "operator-key"),
    operator_path("applications/", programs.index, "operator-applications"),
    operator_path("applications/<application:id>/", programs.details, "operator-application"),
    operator_path("requests/", answering.index, "operator-requests"),
    operator_path("requests/keys/<uuid:id>/", answering.answer_key, "operator-key-request"),
    operator_path("requests/limits/<uuid:id>/", answering.answer_limits, "operator-limit-request"),
    operator_path("switches/", publishing.switches, "operator-switches"),
    operator_path("switches/<slug:catalog>/<path:path>/", publishing.change_switch, "operator-switch"),
    operator_path("announcements/", announcing.index, "operator-announcements"),
    operator_path("announcements/<uuid:id>/", announcing.withdraw, "operator-announcement"),
    operator_path("showcase/", showing.index, "operator-showcase"),
    operator_path("showcase/<uuid:id>/", showing.answer, "operator-showcase-entry"),
    operator_path("terms/", publishing.publish_terms, "operator-terms"),
    operator_path("settings/", publishing.settings, "operator-settings"),
    path("room/applications/<application:id>/limits/", asking.show_limits, name="application-limits"),
]
