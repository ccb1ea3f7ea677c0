"""Codes of authenticators: each is taken once, by whichever process it reaches."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction

_LAST_STEP = "last_step"


class _OnceOnly:
    """A form that takes no code twice (RFC 6238, section 5.2).

    allauth remembers used codes for 30 seconds in the memory of one process; a code is good for
    longer, since clocks of phones differ, and there may be several processes.
    """

    authenticator: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not _first_use(
            self.authenticator, code
        ):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The code at log-in."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """The code once more, before somebody changes their own log-in."""


class EnterCode(AuthenticateView):  # type: ignore[misc]
    form_class = CodeForm


class EnterCodeAgain(ReauthenticateView):  # type: ignore[misc]
    form_class = CodeAgainForm


def _first_use(authenticator: Any, code: str) -> bool:
    secret = get_adapter().decrypt(authenticator.data["secret"])
    step = _step_of(secret, code)
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        if step is None or step <= row.data.get(_LAST_STEP, 0):
            return False
        row.data[_LAST_STEP] = step
        row.save(update_fields=["data"])
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The half minute a code belongs to, among those that are taken now."""
    now = int(time.time()) // app_settings.TOTP_PERIOD
    typed = "".join(sign for sign in code if sign.isdigit())
    for step in range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1):
        if format_hotp_value(hotp_value(secret, step)) == typed:
            return int(step)
    return None
