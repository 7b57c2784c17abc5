"""Leaving for a provider, and coming back."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import resume_request
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..accounts.views import HOME
from ..pages import own_address, show_or_send
from ..who import account_of
from . import proving
from .speaking import Misunderstood, Speaker


@never_cache
@show_or_send
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to a provider, by a page: the content policy lets no form lead to another host."""
    response = _answer(OAuth2LoginView, request, provider_id)
    if "Location" not in response:
        return response
    return render(request, "upstream/leaving.html", {"address": response["Location"]})


@never_cache
@login_required
@show_or_send
def prove(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Ask somebody who is signed in to prove it where they come from, and send them there."""
    ways = proving.ways(account_of(request))
    if provider_id not in [each.name for each in ways]:
        raise Http404
    if request.method == "POST":
        return leave(request, provider_id)
    return render(request, "upstream/prove.html", {"ways": ways, "wanted": own_address(request.GET.get("next"), HOME)})


@never_cache
@login_required
@require_safe
def go_on(request: HttpRequest) -> HttpResponse:
    """Go on with what somebody was about to do before they had to prove themselves; what needs that proof looks for it again."""
    response: HttpResponse | None = resume_request(request)
    return response or redirect(HOME)


@never_cache
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where a provider sends people back to."""
    return _answer(OAuth2CallbackView, request, provider_id)


def _answer(view: type[OAuth2LoginView | OAuth2CallbackView], request: HttpRequest, provider_id: str) -> HttpResponse:
    speaker = Speaker(request, provider_id)
    try:
        response: HttpResponse = view.adapter_view(speaker)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except Misunderstood as error:
        response = render_authentication_error(request, speaker.get_provider(), exception=error)
    return response
