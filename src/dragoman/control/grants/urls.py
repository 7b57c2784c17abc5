"""Addresses of sign-in to applications; the library finds our name as a provider by the one of the document."""

from django.urls import path

from . import endpoints, lesta_pages, views, webmaster

app_name = "oauth2_provider"
urlpatterns = [
    path("oauth/authorize", views.authorize, name="authorize"),
    path("oauth/token", endpoints.token, name="token"),
    path("oauth/revoke", endpoints.revoke, name="revoke-token"),
    path("oauth/userinfo", endpoints.userinfo, name="user-info"),
    path(".well-known/openid-configuration", endpoints.describe, name="oidc-connect-discovery-info"),
    path(".well-known/oauth-authorization-server", endpoints.describe, name="oauth-server-metadata"),
    path(".well-known/jwks.json", endpoints.keys, name="jwks-info"),
    *(path(address, views.authorize) for address in webmaster.AUTHORIZE),
    *(path(address, endpoints.webmaster_token) for address in webmaster.TOKEN),
    path("oauth/lesta", lesta_pages.sign_in, name="lesta"),
    path("oauth/lesta/blank", lesta_pages.blank, name="lesta-blank"),
    path("room/account/sessions/applications/", views.end, name="end"),
]
