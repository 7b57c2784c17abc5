"""Addresses of applications."""

from django.urls import path, register_converter

from . import actions, views


class ApplicationId:
    """The form of an application id."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


class What:
    """The forms on the page of an application."""

    regex = "|".join(actions.CHANGES)
    to_python = ApplicationId.to_python
    to_url = ApplicationId.to_url


register_converter(ApplicationId, "application")
register_converter(What, "what")

urlpatterns = [
    path("room/applications/", views.index, name="applications"),
    path("room/applications/add/", views.add, name="application-add"),
    path("room/applications/invitations/<int:invitation>/", actions.answer, name="invitation"),
    path("room/applications/<application:id>/", views.details, name="application"),
    path("room/applications/<application:id>/transfer/", views.transfer, name="application-transfer"),
    path("room/applications/<application:id>/delete/", views.delete, name="application-delete"),
    path("room/applications/<application:id>/leave/", actions.leave, name="application-leave"),
    path("room/applications/<application:id>/secrets/", actions.add_secret, name="application-secret-add"),
    path("room/applications/<application:id>/secrets/<uuid:secret>/", actions.end_secret, name="application-secret"),
    path("room/applications/<application:id>/members/<int:member>/", actions.change_member, name="application-member"),
    path("room/applications/<application:id>/invitations/<int:invitation>/", actions.withdraw, name="application-invitation"),
    path("room/applications/<application:id>/<what:what>/", actions.change, name="application-change"),
]
