"""Every address of the control plane."""

from django.urls import include, path

from .room import assets, views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("dragoman.control.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("static/<path:name>", assets.serve),
]
handler404 = "dragoman.control.room.views.not_found"
handler500 = "dragoman.control.room.views.failed"
