"""Words about referrals and holds, sealed in their tables, each bound to its row."""

from __future__ import annotations

from django.conf import settings

from tocsin.base.secrets import seal, unseal


def close(words: str, context: str) -> str:
    """The words as they are kept; nothing for nothing."""
    if not words:
        return ""
    return seal(settings.TOCSIN_KEYS.ring("seal"), words.encode(), context=context)


def opened(sealed: str, context: str) -> str:
    """What `close` was given with the same context."""
    if not sealed:
        return ""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context).decode()
