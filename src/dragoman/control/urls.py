"""Every address of the control plane."""

from django.urls import include, path

urlpatterns = [
    path("", include("dragoman.control.room.urls")),
    path("", include("dragoman.control.accounts.urls")),
    path("", include("dragoman.control.applications.urls")),
    path("", include("dragoman.control.administration.urls")),
    path("", include("dragoman.control.announcements.urls")),
    path("", include("dragoman.control.changelog.urls")),
    path("", include("dragoman.control.showcase.urls")),
    path("", include("dragoman.control.keys.urls")),
    path("", include("dragoman.control.statistics.urls")),
    path("", include("dragoman.control.operations.urls")),
    path("", include("dragoman.control.grants.urls")),
    path("accounts/", include("allauth.urls")),
]
handler400 = "dragoman.control.room.errors.bad_request"
handler403 = "dragoman.control.room.errors.forbidden"
handler404 = "dragoman.control.room.errors.not_found"
handler429 = "dragoman.control.room.errors.too_many"
handler500 = "dragoman.control.room.errors.failed"
