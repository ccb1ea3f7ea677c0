"""Words of people, sealed in tables, each bound to its row."""

from __future__ import annotations

from django.conf import settings

from tocsin.base.secrets import Keyring, reference, seal, unseal


def seal_words(words: str, context: str) -> str:
    """The words as they are kept; nothing for nothing."""
    if not words:
        return ""
    return seal(settings.TOCSIN_KEYS.ring("seal"), words.encode(), context=context)


def open_words(sealed: str, context: str) -> str:
    """What `seal_words` was given with the same context."""
    if not sealed:
        return ""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context).decode()


def said_context(entry_id: int, key_id: str) -> str:
    """What the words of a key on an entry are bound to."""
    return f"feedback:{entry_id}:{key_id}"


def references(entry_id: int, key_id: str) -> tuple[str, ...]:
    """Every word a key may know an entry by, newest first: one for each key of the ring.

    A party keeps the reference it got with a hit, also when the ring has been rotated since.
    """
    ring = settings.TOCSIN_KEYS.ring("reference")
    until = (Keyring(ring.name, ring.keys[:n]) for n in range(len(ring.keys), 0, -1))
    return tuple(reference(older, entry_id, audience=key_id) for older in until)
