"""Providers who signed up by themselves: a manager vouches for one, or takes its keys away."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.accounts.types import Permission, Tier
from tocsin.domain.providers import actions, queries
from tocsin.doors.console.permissions import StaffRequest, may

# What a manager may grant; more is agreed on with an administrator.
_MAY_GRANT = {Tier.BOOLEAN.value, Tier.ACTION.value}


@require_safe
@may(Permission.KEEP_PROVIDERS)
def providers(request: StaffRequest) -> HttpResponse:
    """All of them, those whose application waits first."""
    return render(request, "console/providers.html", {"providers": queries.providers()})


@require_POST
@may(Permission.KEEP_PROVIDERS)
def grant(request: StaffRequest, provider_id: int) -> HttpResponse:
    """Keys made from now on ask all lists that count."""
    told = request.POST.get("tier", Tier.BOOLEAN.value)
    tier = Tier(told) if told in _MAY_GRANT else Tier.BOOLEAN
    return _done(
        provider_id,
        lambda: actions.grant(
            provider_id=provider_id, tier=tier, actor=request.actor, at=request.at
        ),
        request,
    )


@require_POST
@may(Permission.KEEP_PROVIDERS)
def refuse(request: StaffRequest, provider_id: int) -> HttpResponse:
    """It stays as it is; what was granted before is taken back."""
    return _done(
        provider_id,
        lambda: actions.refuse(provider_id=provider_id, actor=request.actor, at=request.at),
        request,
    )


@require_POST
@may(Permission.KEEP_PROVIDERS)
def suspend(request: StaffRequest, provider_id: int) -> HttpResponse:
    """All its keys stop within a second."""
    return _done(
        provider_id,
        lambda: actions.suspend(provider_id=provider_id, actor=request.actor, at=request.at),
        request,
    )


@require_POST
@may(Permission.KEEP_PROVIDERS)
def let_back(request: StaffRequest, provider_id: int) -> HttpResponse:
    """It may make keys again."""
    return _done(
        provider_id,
        lambda: actions.let_back(provider_id=provider_id, actor=request.actor, at=request.at),
        request,
    )


def _done(provider_id: int, act: Callable[[], None], request: StaffRequest) -> HttpResponse:
    try:
        act()
    except actions.NoSuchProvider as error:
        raise Http404 from error
    except actions.NotSo:
        messages.error(request, _("It does not stand where this can be done; look again."))
    return redirect("console:providers")
