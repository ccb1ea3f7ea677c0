"""Log-ins and refused log-ins leave an audit row too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction

from tocsin.base.accounts.models import Person
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system


def connect() -> None:
    """Listen to Django's own signals."""
    user_logged_in.connect(_logged_in, dispatch_uid="tocsin.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="tocsin.logged_out")
    user_login_failed.connect(_refused, dispatch_uid="tocsin.refused")


def _logged_in(user: Person, **_: Any) -> None:
    _note("accounts.log_in", user)


def _logged_out(user: Person | None, **_: Any) -> None:
    if user is not None:
        _note("accounts.log_out", user)


def _refused(credentials: dict[str, Any], **_: Any) -> None:
    with transaction.atomic():
        record(
            actor=system("log-in"),
            action="accounts.log_in_refused",
            subject="log-in",
            at=datetime.now(UTC),
            personal={"username": str(credentials.get("username", ""))[:60]},
        )


def _note(action: str, user: Person) -> None:
    with transaction.atomic():
        record(
            actor=Actor("user", str(user.pk)),
            action=action,
            subject=f"user:{user.pk}",
            at=datetime.now(UTC),
        )
