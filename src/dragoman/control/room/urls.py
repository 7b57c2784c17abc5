"""Addresses of the Room's frame: the first page, its language, the files that pages and robots ask for."""

from django.urls import path

from . import assets, views

urlpatterns = [
    path("", views.home, name="home"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("static/<path:name>", assets.serve),
    path("favicon.ico", assets.serve, {"name": "room/icon.svg"}),
    path("favicon.svg", assets.serve, {"name": "room/icon.svg"}),
    path("robots.txt", assets.serve, {"name": "room/robots.txt"}),
    path("room/logo", assets.logo, name="logo"),
]
