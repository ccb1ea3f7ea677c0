"""Log-in, second factor and one-time links: allauth's parts, fitted to this house.

No sign-up, no mail (letters have their own room), secrets of authenticators sealed, and an
audit row for every change.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_used
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.secrets import seal, unseal
from tocsin.doors.console.permissions import (
    has_second_factor,
    mark_second_factor,
    out_of_hours,
    showed_second_factor_just_now,
)

_CONTEXT = "second-factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited by an administrator; nobody signs up, and nothing is mailed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing: letters leave through `base/letters` alone."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what happened to an account stands in the audit."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Only messages that tell something new; being logged in shows by itself."""
        if message_template == "account/messages/password_changed.txt":
            messages.success(request, _("Your password is changed."))
        elif message_template == "usersessions/messages/sessions_logged_out.txt":
            messages.success(request, _("All your other sessions are ended."))

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> Any:
        """Nobody logs in outside their hours, unless a manager lets them in."""
        response = super().pre_login(request, user, **kwargs)
        if response is not None:
            return response
        refused = out_of_hours(request, user.pk)
        if refused is not None:
            with transaction.atomic():
                note(user.pk, "accounts.out_of_hours")
        return refused

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            note(user.pk, "accounts.change_password")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of whoever has just logged in: nothing is asked twice in five minutes."""
        person = context.request.user
        if app == "allauth.mfa" and person.is_authenticated:
            first_time = not has_second_factor(person.pk)
            if first_time or showed_second_factor_just_now(context.request):
                return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what allauth would keep in the clear."""

    def encrypt(self, text: str) -> str:
        return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(settings.TOCSIN_KEYS.ring("seal"), encrypted_text, context=_CONTEXT).decode()

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user.get_username())


def connect() -> None:
    """Listen for authenticators being used."""
    authenticator_used.connect(_second_factor_shown, dispatch_uid="tocsin.second_factor_shown")


def forget_second_factor(*, person_id: int, actor: Actor, at: datetime) -> bool:
    """Somebody lost the phone: they set up a new authenticator at the next log-in.

    Their sessions end, so that nobody but who knows the password can set it up.
    """
    with transaction.atomic():
        gone, _counts = Authenticator.objects.filter(user_id=person_id).delete()
        for session in UserSession.objects.filter(user_id=person_id):
            session.end()
        if gone:
            record(
                actor=actor,
                action="accounts.forget_second_factor",
                subject=f"user:{person_id}",
                at=at,
            )
    return bool(gone)


def note(person_id: int, action: str) -> None:
    """An audit row for what somebody did to their own log-in; inside its transaction."""
    record(
        actor=Actor("user", str(person_id)),
        action=action,
        subject=f"user:{person_id}",
        at=datetime.now(UTC),
    )


def _second_factor_shown(request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    mark_second_factor(request, user.pk)
