"""A newer key for a purpose, with its line in the audit."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.secrets import Key


def rotate(*, name: str, actor: Actor, at: datetime) -> Key:
    """The newer key. The audit says that there is one, and its id; raises OSError, KeyringDamaged.

    The file is written last: a key that stands in no audit would be worse than a line too many.
    """
    with transaction.atomic():
        newer = len(settings.TOCSIN_KEYS.ring(name).keys) + 1
        record(
            actor=actor,
            action="secrets.rotate",
            subject=f"secret:{name}",
            at=at,
            facts={"key_id": f"k{newer}"},
        )
        return settings.TOCSIN_KEYS.rotate(name)
