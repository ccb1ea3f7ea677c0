"""Who may open a page: logged in, through the second factor, with the permission it asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

from tocsin.base.accounts.queries import may_work, permissions_of
from tocsin.base.accounts.types import SECOND_FACTOR_MARK, Permission, Role
from tocsin.base.audit.types import Actor

JUST_NOW_SECONDS = 300
_SHOWN_AT = "tocsin.second_factor_at"

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is logged in, as pages need it."""

    id: int
    username: str
    role: Role
    language: str
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether this person has it: for the parts of a page that not everybody gets."""
        return permission in self.permissions


class StaffRequest(HttpRequest):
    """A request that `may` let through: who asks, as whom it is written down, and when."""

    person: Staff
    actor: Actor
    at: datetime


def may(
    permission: Permission,
) -> Callable[[Callable[Concatenate[StaffRequest, P], HttpResponse]], View[P]]:
    """Let a view be opened only with `permission`; its request becomes a StaffRequest.

    Nobody logged in: to the log-in page. No second factor yet: to where it is set up. Not
    allowed: a page that says why (403).
    """

    def decorate(view: Callable[Concatenate[StaffRequest, P], HttpResponse]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if elsewhere := way_in(request):
                return elsewhere
            staff_request = _as_staff(request)
            if not request.user.is_authenticated or not request.user.may(permission):
                page = {"permission": permission, "person": staff_request.person}
                return _private(render(request, "console/not_allowed.html", page, status=403))
            return _private(view(staff_request, *args, **kwargs))

        return guarded

    return decorate


def entered(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let one of allauth's pages be opened only after log-in and second factor."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return way_in(request) or view(request, *args, **kwargs)

    return guarded


def has_second_factor(person_id: int) -> bool:
    """Whether somebody has set up an authenticator."""
    return bool(
        Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).exists()
    )


def mark_second_factor(request: HttpRequest, person_id: int) -> None:
    """Note in this browser's session that the second factor was shown, by whom and when."""
    request.session[SECOND_FACTOR_MARK] = person_id
    request.session[_SHOWN_AT] = time.time()


def showed_second_factor_just_now(request: HttpRequest) -> bool:
    """Whether that was in the last five minutes: then nobody is asked for it again."""
    return time.time() - float(request.session.get(_SHOWN_AT, 0)) < JUST_NOW_SECONDS


def way_in(request: HttpRequest) -> HttpResponse | None:
    """The page to send somebody to who is not wholly logged in; None for who is."""
    if not request.user.is_authenticated:
        return _gone_to(request, redirect_to_login(request.get_full_path()).url)
    if not has_second_factor(request.user.pk):
        return _gone_to(request, reverse("mfa_activate_totp"))
    if request.session.get(SECOND_FACTOR_MARK) != request.user.pk:
        query = urlencode({"next": request.get_full_path()})
        return _gone_to(request, f"{reverse('mfa_reauthenticate')}?{query}")
    return out_of_hours(request, request.user.pk)


def out_of_hours(request: HttpRequest, person_id: int) -> HttpResponse | None:
    """The page for somebody who comes outside their hours; None for who may work now."""
    at, zone = datetime.now(UTC), settings.TOCSIN_ZONE
    if may_work(person_id=person_id, at=at, zone=zone):
        return None
    return _private(render(request, "console/out_of_hours.html", status=403))


def _gone_to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # htmx would put the log-in page into the middle of the old one.
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return redirect(url)


def _as_staff(request: HttpRequest) -> StaffRequest:
    person = request.user
    if not person.is_authenticated:
        raise PermissionError("nobody is logged in")
    staff_request = cast("StaffRequest", request)
    role = Role(person.role)
    staff_request.person = Staff(
        person.pk, person.username, role, person.language, permissions_of(role)
    )
    staff_request.actor = Actor("user", str(person.pk))
    staff_request.at = datetime.now(UTC)
    return staff_request


def _private(response: HttpResponse) -> HttpResponse:
    # Pages carry addresses of illegal material: no browser and no proxy keeps them.
    patch_cache_control(response, no_store=True, private=True)
    return response
