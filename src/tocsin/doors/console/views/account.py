"""First log-in by one-time link, the authenticator, recovery codes, sessions, language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic.edit import FormView

from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.types import Permission
from tocsin.doors.console import forms as console_forms
from tocsin.doors.console.login import note
from tocsin.doors.console.permissions import (
    StaffRequest,
    has_second_factor,
    mark_second_factor,
    may,
    way_in,
)

_BEING_SET_UP = "tocsin.new_second_factor"
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a one-time link: choose a password. Opening it uses nothing up."""
    at = datetime.now(UTC)
    try:
        username = accounts.check_link(secret=secret, at=at)
        form = console_forms.NewPassword(request.POST or None)
        if not form.is_valid():
            status = 422 if form.is_bound else 200
            page = {"form": form, "username": username}
            return render(request, "console/welcome.html", page, status=status)
        person = accounts.use_link(secret=secret, password=form.cleaned_data["password"], at=at)
    except accounts.LinkUnusable:
        return render(request, "console/welcome_too_late.html", status=410)
    except ValidationError as error:
        form.add_error("password", error)
        page = {"form": form, "username": username}
        return render(request, "console/welcome.html", page, status=422)
    if has_second_factor(person.pk):
        # A renewed link replaces the password, never the second factor.
        messages.success(request, _("Your new password is set. Log in with it."))
        return redirect("account_login")
    login(request, person, backend=_BACKEND)
    return redirect("mfa_activate_totp")


class SealedActivation(ActivateTOTPForm):  # type: ignore[misc]
    """allauth keeps a new secret in the session, which is a table; here it lies sealed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        self.session = kwargs.pop("session")
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["code"].widget.attrs.update(
            {"inputmode": "numeric", "autofocus": True, "maxlength": "9"}
        )
        self.secret = self._secret()

    def _secret(self) -> str:
        if not (sealed := self.session.get(_BEING_SET_UP)):
            sealed = get_adapter().encrypt(generate_totp_secret())
            self.session[_BEING_SET_UP] = sealed
        return str(get_adapter().decrypt(sealed))


class SetUpSecondFactor(ActivateTOTPView):  # type: ignore[misc]
    """Scan, type the code once, done. Somebody who has an authenticator replaces it."""

    form_class = SealedActivation

    @method_decorator(reauthentication_required(app="allauth.mfa"))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if has_second_factor(request.user.pk or 0) and (elsewhere := way_in(request)):
            return elsewhere
        # Not ActivateTOTPView.dispatch: it sends who has an authenticator to take it away.
        response: HttpResponseBase = FormView.dispatch(self, request, *args, **kwargs)
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "session": self.request.session}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        replaces = has_second_factor(self.request.user.pk)
        return {**super().get_context_data(**kwargs), "replaces": replaces}

    def form_valid(self, form: SealedActivation) -> HttpResponse:
        person_id = self.request.user.pk
        with transaction.atomic():
            Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).delete()
            response: HttpResponse = super().form_valid(form)
            note(person_id, "accounts.set_up_second_factor")
        self.request.session.pop(_BEING_SET_UP, None)
        mark_second_factor(self.request, person_id)
        return response

    def get_success_url(self) -> str:
        if self.did_generate_recovery_codes:
            return reverse("mfa_view_recovery_codes")
        return reverse("console:me")


class NewRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """New codes make the old ones useless."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            note(self.request.user.pk, "accounts.new_recovery_codes")
        return response


class Sessions(ListUserSessionsView):  # type: ignore[misc]
    """Where somebody is logged in; ends all sessions but this one."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            note(self.request.user.pk, "accounts.end_other_sessions")
        return response


@may(Permission.ENTER)
def me(request: StaffRequest) -> HttpResponse:
    """Somebody's own page."""
    form = console_forms.Language(initial={"language": request.person.language})
    return render(request, "console/me.html", {"form": form, "person": request.person})


@require_POST
@may(Permission.ENTER)
def set_language(request: StaffRequest) -> HttpResponse:
    """Another language from the next page on."""
    form = console_forms.Language(request.POST)
    if not form.is_valid():
        page = {"form": form, "person": request.person}
        return render(request, "console/me.html", page, status=422)
    accounts.set_language(
        person_id=request.person.id,
        language=form.cleaned_data["language"],
        actor=request.actor,
        at=request.at,
    )
    return redirect("console:me")
